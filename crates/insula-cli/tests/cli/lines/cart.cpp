// Planted defects in C++: a variable of a namespace, one of a class, one of a function, a template's function.
#include <Python.h>

namespace cart {
PyObject *contents; /* here: INS101 */

struct Registry {
    static PyObject *entries;
};
PyObject *Registry::entries; /* here: INS101 */

static PyObject *&recent()
{
    static PyObject *kept; /* here: INS101 */
    return kept;
}

// Beside it is a flag that says whether it was initialised, which the compiler's runtime guards.
static PyObject *&first()
{
    static PyObject *made = PyList_New(0); /* here: INS101 */
    return made;
}

static PyObject *remembered(PyObject *, PyObject *) /* here: INS110 */
{
    return Py_NewRef(first());
}

template <typename T> static PyObject *total(PyObject *, PyObject *one) /* here: INS401 */
{
    const char *letters = PyUnicode_Check(one) ? PyUnicode_AsUTF8(one) : nullptr;
    return PyLong_FromLong(static_cast<T>(letters[0]));
}

static int execute(PyObject *)
{
    contents = PyList_New(0);
    Registry::entries = PyList_New(0);
    recent() = PyList_New(0);
    return contents && Registry::entries && recent() ? 0 : -1;
}

static PyMethodDef methods[] = {
    {"total", total<long>, METH_O, nullptr}, {"remembered", remembered, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, reinterpret_cast<void *>(execute)}, {0, nullptr}};
static PyModuleDef definition = { /* here: module */
    PyModuleDef_HEAD_INIT, "cart", nullptr, 0, methods, slots, nullptr, nullptr, nullptr};
} // namespace cart

PyMODINIT_FUNC PyInit_cart(void) { return PyModuleDef_Init(&cart::definition); }
