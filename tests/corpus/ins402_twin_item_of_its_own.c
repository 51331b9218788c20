/* insula-corpus: title: a function returns the item of a list that it has released, with a reference to it
 * insula-corpus: twin-of: ins402_freed_bytes ins402_freed_text
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the caller is the only one who has the item, and that is enough.
 */
#include "corpus.h"

static PyObject *
first(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    PyObject *list = PyList_New(0);
    PyObject *dict = PyDict_New();
    if (list == NULL || dict == NULL || PyList_Append(list, dict) < 0) {
        Py_XDECREF(list);
        Py_XDECREF(dict);
        return NULL;
    }
    Py_DECREF(dict);
    PyObject *item = PyList_GET_ITEM(list, 0);
    Py_INCREF(item);
    Py_DECREF(list);
    return item;
}

static PyObject *
text(PyObject *Py_UNUSED(module), PyObject *value)
{
    PyObject *made = PyUnicode_FromFormat("a text about %s", Py_TYPE(value)->tp_name);
    return made;
}

static PyMethodDef methods[] = {
    {"first", first, METH_NOARGS, "The first item."},
    {"text", text, METH_O, "A text about the type of a value."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins402_twin_item_of_its_own",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins402_twin_item_of_its_own(void)
{
    return PyModuleDef_Init(&definition);
}
