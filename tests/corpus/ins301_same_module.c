/* insula-corpus: title: the second import returns the first module object
 * insula-corpus: expect: INS002 INS003 INS101 INS107 INS301 INS501
 * insula-corpus: answers: again=no legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: a create slot that keeps the module "so that it is made only once": all interpreters get one and the same.
 */
#include "corpus.h"

static PyObject *singleton;

static PyObject *
create_module(PyObject *spec, PyModuleDef *Py_UNUSED(definition))
{
    if (singleton == NULL) {
        PyObject *name = PyObject_GetAttrString(spec, "name");
        if (name == NULL) {
            return NULL;
        }
        singleton = PyModule_NewObject(name);
        Py_DECREF(name);
    }
    return Py_XNewRef(singleton);
}

static int
exec_module(PyObject *module)
{
    return PyModule_AddIntConstant(module, "version", 3);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_create, create_module},
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins301_same_module",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins301_same_module(void)
{
    return PyModuleDef_Init(&definition);
}
