/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "generator.h"

#include <string.h>

#include "dtype.h"
#include "errors.h"
#include "tensor_type.h"

typedef struct {
    PyObject_HEAD torsh_generator_t *g;
} generator_t;

static PyTypeObject *generator_type;

static torsh_generator_t *of(PyObject *self)
{
    return ((generator_t *)self)->g;
}

int torsh__to_generator(PyObject *o, torsh_generator_t **generator)
{
    if (Py_TYPE(o) != generator_type)
        return 0;
    *generator = of(o);
    return 1;
}

/* Takes over the reference. */
static PyObject *wrap(torsh_generator_t *g)
{
    if (!g)
        return torsh__raise_last();
    generator_t *self = PyObject_New(generator_t, generator_type);
    if (self)
        self->g = g;
    else
        torsh_generator_free(g);
    return (PyObject *)self;
}

static PyObject *generator_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    (void)type;
    static char *names[] = {"device", NULL};
    PyObject *o = NULL;
    torsh_device_t device = {TORSH_CPU, -1};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|O:Generator", names, &o))
        return NULL;
    int ok = o ? torsh__to_device(o, &device) : 1;
    if (ok == 0)
        PyErr_SetString(PyExc_TypeError, "Generator(): argument 'device' (position 1) must be torsh.device");
    if (ok > 0 && device.kind != TORSH_CPU) {
        PyErr_SetString(PyExc_NotImplementedError, "Generator(): only the CPU has generators in this build");
        ok = -1;
    }
    return ok > 0 ? wrap(torsh_generator_new()) : NULL;
}

static void generator_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    torsh_generator_free(of(self));
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyObject *manual_seed(PyObject *self, PyObject *seed)
{
    /* as PyTorch: negative seeds are taken modulo 2^64 */
    PyObject *index = PyNumber_Index(seed);
    if (!index)
        return NULL;
    uint64_t value = PyLong_AsUnsignedLongLongMask(index);
    Py_DECREF(index);
    if (PyErr_Occurred())
        return NULL;
    torsh_generator_manual_seed(of(self), value);
    Py_INCREF(self);
    return self;
}

static PyObject *initial_seed(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyLong_FromUnsignedLongLong(torsh_generator_initial_seed(of(self)));
}

static PyObject *get_state(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    const int64_t n = (int64_t)torsh_generator_state_bytes();
    void *state = torsh_malloc((size_t)n);
    torsh_tensor_t *t = NULL;
    if (state && torsh_generator_get_state(of(self), state) == TORSH_OK)
        t = torsh_tensor_from_array(state, &n, 1, TORSH_U8);
    torsh_free(state);
    return torsh__wrap(t);
}

static PyObject *set_state(PyObject *self, PyObject *state)
{
    if (!torsh__is_tensor(state) || torsh_tensor_dtype(torsh__tensor_of(state)) != TORSH_U8 ||
        !torsh_tensor_is_contiguous(torsh__tensor_of(state))) {
        PyErr_SetString(PyExc_TypeError, "RNG state must be a torsh.ByteTensor");
        return NULL;
    }
    torsh_tensor_t *t = torsh__tensor_of(state);
    const void *data = torsh_tensor_data_ptr(t);
    if (!data && torsh_last_error())
        return torsh__raise_last();
    if (torsh_generator_set_state(of(self), data, (size_t)torsh_tensor_numel(t)) != TORSH_OK)
        return torsh__raise_last();
    Py_INCREF(self);
    return self;
}

static PyObject *get_device(PyObject *self, void *ignored)
{
    (void)self, (void)ignored;
    return torsh__device_object((torsh_device_t){TORSH_CPU, -1});
}

static PyMethodDef methods[] = {
    {"manual_seed", manual_seed, METH_O, "Starts the stream that belongs to this seed."},
    {"initial_seed", initial_seed, METH_NOARGS, "The seed that the stream started from."},
    {"get_state", get_state, METH_NOARGS, "The state as a tensor of bytes."},
    {"set_state", set_state, METH_O, "Goes back to a state."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef getset[] = {
    {"device", get_device, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

int torsh__generator_init(PyObject *module)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, "Generator(device='cpu'): a stream of random numbers."},
        {Py_tp_new, generator_new},
        {Py_tp_dealloc, generator_dealloc},
        {Py_tp_methods, methods},
        {Py_tp_getset, getset},
        {0, NULL},
    };
    PyType_Spec spec = {"torsh.Generator", sizeof(generator_t), 0, Py_TPFLAGS_DEFAULT, slots};
    generator_type = torsh__add_type(module, &spec, NULL);
    PyObject *lent = generator_type ? wrap(torsh_generator_retain(torsh_default_generator())) : NULL;
    int failed = !lent || PyModule_AddObjectRef(module, "default_generator", lent) < 0;
    Py_XDECREF(lent);
    return failed ? -1 : 0;
}
