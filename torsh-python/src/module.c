/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* torsh._C: the types, the operators (torsh._ops, torsh._nn_ops) and what else Python calls. */
#include <string.h>

#include "autograd.h"
#include "data.h"
#include "devices.h"
#include "dlpack.h"
#include "dtype.h"
#include "errors.h"
#include "generator.h"
#include "gil.h"
#include "node.h"
#include "numpy.h"
#include "optim.h"
#include "python_ops.h"
#include "settings.h"
#include "size.h"
#include "tensor_type.h"
#include "value.h"

int torsh__add_functions(PyObject *module, PyMethodDef *functions)
{
    return PyModule_AddFunctions(module, functions);
}

PyTypeObject *torsh__add_type(PyObject *module, PyType_Spec *spec, PyObject *bases)
{
    PyObject *type = PyType_FromSpecWithBases(spec, bases);
    if (type && PyModule_AddObjectRef(module, strrchr(spec->name, '.') + 1, type) < 0)
        Py_CLEAR(type);
    return (PyTypeObject *)type;
}

/* A module of operators that `import` finds: torsh._ops */
static int add_module(const char *name, PyMethodDef *functions)
{
    PyObject *module = PyImport_AddModule(name); /* lent */
    return module ? PyModule_AddFunctions(module, functions) : -1;
}

static int fill(PyObject *module)
{
    static PyMethodDef *const tables[] = {
        torsh__data_functions,     torsh__numpy_functions,    torsh__dlpack_functions,
        torsh__autograd_functions, torsh__function_functions, torsh__settings_functions,
        torsh__optim_functions,    torsh__value_functions,    torsh__devices_functions};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (PyModule_AddFunctions(module, tables[i]) < 0)
            return -1;
    if (torsh__numpy_init() < 0 || torsh__parse_init() < 0 || torsh__gil_init() < 0)
        return -1;
    static int (*const parts[])(PyObject *) = {torsh__errors_init,   torsh__dtype_init,    torsh__device_init,
                                               torsh__size_init,     torsh__tensor_init,   torsh__node_init,
                                               torsh__function_init, torsh__generator_init};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i](module) < 0)
            return -1;
    if (add_module("torsh._ops", torsh__torch_defs) < 0)
        return -1;
    if (add_module("torsh._nn_ops", torsh__nn_defs) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "__version__", TORSH_VERSION);
}

PyMODINIT_FUNC PyInit__C(void)
{
    static struct PyModuleDef def = {
        PyModuleDef_HEAD_INIT, "torsh._C", NULL, -1, NULL, NULL, NULL, NULL, NULL};
    PyObject *module = PyModule_Create(&def);
    if (module && fill(module) < 0)
        Py_CLEAR(module);
    return module;
}
