/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "devices.h"

#include "dtype.h"
#include "errors.h"
#include "gil.h"

/* A device, with an index if it has one. */
static int device_of(PyObject *o, torsh_device_t *device)
{
    int ok = torsh__to_device(o, device);
    if (ok == 0)
        PyErr_Format(PyExc_TypeError, "expected torsh.device or str, got %R", (PyObject *)Py_TYPE(o));
    return ok > 0 ? 0 : -1;
}

static PyObject *count(PyObject *self, PyObject *o)
{
    (void)self;
    torsh_device_t device;
    return device_of(o, &device) < 0 ? NULL : PyLong_FromLong(torsh_device_count(device.kind));
}

static PyObject *properties(PyObject *self, PyObject *o)
{
    (void)self;
    torsh_device_t device;
    torsh_device_properties_t p;
    if (device_of(o, &device) < 0)
        return NULL;
    if (torsh_device_properties(device, &p) != TORSH_OK)
        return torsh__raise_last();
    return Py_BuildValue("sL", p.name, (long long)p.total_bytes);
}

static PyObject *memory(PyObject *self, PyObject *o)
{
    (void)self;
    torsh_device_t device;
    torsh_device_memory_t m;
    if (device_of(o, &device) < 0)
        return NULL;
    if (torsh_device_memory(device, &m) != TORSH_OK)
        return torsh__raise_last();
    return Py_BuildValue("LLL", (long long)m.allocated, (long long)m.reserved, (long long)m.peak_allocated);
}

static PyObject *counters(PyObject *self, PyObject *o)
{
    (void)self;
    torsh_device_t device;
    torsh_device_counters_t c;
    if (device_of(o, &device) < 0)
        return NULL;
    if (torsh_device_counters(device, &c) != TORSH_OK)
        return torsh__raise_last();
    return Py_BuildValue("{sLsLsLsLsLsLsLsL}", "submissions", (long long)c.submissions, "dispatches",
                         (long long)c.dispatches, "barriers", (long long)c.barriers, "pipelines",
                         (long long)c.pipelines, "uploads", (long long)c.uploads, "uploaded_bytes",
                         (long long)c.uploaded_bytes, "downloads", (long long)c.downloads, "downloaded_bytes",
                         (long long)c.downloaded_bytes);
}

static PyObject *synchronize(PyObject *self, PyObject *o)
{
    (void)self;
    torsh_device_t device;
    if (device_of(o, &device) < 0)
        return NULL;
    torsh__gil_release_t release = torsh__gil_release();
    torsh_status_t status = torsh_device_synchronize(device);
    torsh__gil_reacquire(&release);
    return torsh__none_or_raise(status);
}

PyMethodDef torsh__devices_functions[] = {
    {"_device_count", count, METH_O, NULL},
    {"_device_properties", properties, METH_O, NULL},
    {"_device_memory", memory, METH_O, NULL},
    {"_device_counters", counters, METH_O, NULL},
    {"_device_synchronize", synchronize, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
