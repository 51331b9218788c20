/* insula-corpus: title: the UTF-8 of a keyword argument, without a check for NULL
 * insula-corpus: expect: INS401
 * insula-corpus: answers: clean=no
 * insula-corpus: why: a lone surrogate has no UTF-8, and PyUnicode_AsUTF8 returns NULL for it.
 */
#include "corpus.h"

static PyObject *
render(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"text", "indent", NULL};
    PyObject *text, *indent = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U|$O:render", names, &text, &indent))
        return NULL;
    if (indent == NULL || !PyUnicode_Check(indent))
        return Py_NewRef(text);
    const char *volatile characters = PyUnicode_AsUTF8(indent);
    return PyUnicode_FromFormat("%c%U", characters[0], text);
}

static PyMethodDef methods[] = {
    {"render", (PyCFunction)(void (*)(void))render, METH_VARARGS | METH_KEYWORDS,
     "render(text, *, indent=None)\n--\n\nThe text behind what it is indented with."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins401_keyword_text",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins401_keyword_text(void)
{
    return PyModuleDef_Init(&definition);
}
