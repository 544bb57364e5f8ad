/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "errors.h"

#include "gil.h"

/* Per status: the class, and the class of PyTorch's that it also is. */
static struct {
    const char *name, *doc;
    PyObject **also;
    PyObject *type;
} classes[] = {
    [TORSH_ERR_SHAPE] = {"ShapeMismatchError", "Sizes that do not fit together.", &PyExc_RuntimeError, NULL},
    [TORSH_ERR_DTYPE] = {"DtypeError", "A dtype that the operator does not take.", &PyExc_RuntimeError, NULL},
    [TORSH_ERR_DEVICE] = {"DeviceError", "Tensors on different devices, or a device that is not there.",
                          &PyExc_RuntimeError, NULL},
    [TORSH_ERR_INDEX] = {"OutOfRangeError", "A dimension or an index out of range.", &PyExc_IndexError, NULL},
    [TORSH_ERR_VALUE] = {"InvalidValueError", "A value that makes no sense; also a ValueError.",
                         &PyExc_RuntimeError, NULL},
    [TORSH_ERR_TYPE] = {"InvalidTypeError", "An argument of the wrong type.", &PyExc_TypeError, NULL},
    [TORSH_ERR_MEMORY] = {"OutOfMemoryError", "Memory could not be had.", &PyExc_RuntimeError, NULL},
    [TORSH_ERR_NULL] = {"MissingArgumentError", "Nothing for a required argument.", &PyExc_TypeError, NULL},
    [TORSH_ERR_NOT_IMPLEMENTED] = {"UnsupportedError",
                                   "There is no kernel or feature of that kind in this build.",
                                   &PyExc_NotImplementedError, NULL},
    [TORSH_ERR_IO] = {"FileFormatError", "A file that cannot be read, written or understood.",
                      &PyExc_RuntimeError, NULL},
    [TORSH_ERR_STATE] = {"StateError", "Backward twice, an in-place change of a saved value, …",
                         &PyExc_RuntimeError, NULL},
    [TORSH_ERR_CALLBACK] = {"CallbackError", "An error out of user code that is not Python.",
                            &PyExc_RuntimeError, NULL},
    [TORSH_ERR_INTERNAL] = {"InternalError", "A mistake of torsh itself.", &PyExc_RuntimeError, NULL},
};
enum { N_CLASSES = sizeof classes / sizeof *classes };

PyObject *torsh__raise(torsh_error_t *error)
{
    torsh_status_t status = torsh_error_status(error);
    PyObject *exception = status == TORSH_ERR_CALLBACK ? torsh_error_object(error) : NULL;
    if (exception) {
        /* PyErr_Restore wants the three parts, and the traceback that C code added to is the exception's own
         */
        PyObject *type = (PyObject *)Py_TYPE(exception);
        Py_INCREF(type);
        Py_INCREF(exception);
        PyErr_Restore(type, exception, PyException_GetTraceback(exception));
    } else {
        PyErr_SetString(classes[status].type, torsh_error_message(error));
    }
    torsh__gil_t was = torsh__gil_enter();
    torsh_error_free(error);
    torsh__gil_leave(was);
    return NULL;
}

PyObject *torsh__raise_last(void)
{
    return torsh__raise(torsh_error_take());
}

PyObject *torsh__none_or_raise(torsh_status_t status)
{
    if (status != TORSH_OK)
        return torsh__raise_last();
    Py_RETURN_NONE;
}

torsh_status_t torsh__error_from_python(void)
{
    PyObject *type, *exception, *traceback;
    PyErr_Fetch(&type, &exception, &traceback);
    PyErr_NormalizeException(&type, &exception, &traceback);
    if (traceback)
        PyException_SetTraceback(exception, traceback);
    PyObject *text = PyObject_Str(exception);
    const char *message = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    if (!message) {
        PyErr_Clear();
        message = "an exception that has no text";
    }
    torsh_status_t status = torsh_error_raise(message, exception, torsh__decref);
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return status;
}

static PyObject *new_class(const char *name, const char *doc, PyObject *bases)
{
    char full[64];
    PyOS_snprintf(full, sizeof full, "torsh.%s", name);
    return PyErr_NewExceptionWithDoc(full, doc, bases, NULL);
}

int torsh__errors_init(PyObject *module)
{
    PyObject *base = new_class("TorshError", "Whatever torsh raises itself.", PyExc_Exception);
    if (!base || PyModule_AddObjectRef(module, "TorshError", base) < 0)
        return -1;
    for (int i = 1; i < N_CLASSES; i++) {
        PyObject *bases = i == TORSH_ERR_VALUE ? PyTuple_Pack(3, base, *classes[i].also, PyExc_ValueError)
                                               : PyTuple_Pack(2, base, *classes[i].also);
        classes[i].type = bases ? new_class(classes[i].name, classes[i].doc, bases) : NULL;
        Py_XDECREF(bases);
        if (!classes[i].type || PyModule_AddObjectRef(module, classes[i].name, classes[i].type) < 0)
            return -1;
    }
    Py_DECREF(base);
    return 0;
}
