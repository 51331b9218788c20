/* insula-corpus: title: declares support, and has many globals
 * insula-corpus: twin-of: ins004_declared_not_isolated ins102_declared_str ins104_declared_static_type
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: a table of names behind a lock, an environment read once, function pointers chosen at run time: none is a Python object.
 */
#include "corpus.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MOST 16
#define LONGEST 32

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char names[MOST][LONGEST];
static int used;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *home;
static size_t (*measure)(const char *);

static void
begin(void)
{
    home = getenv("HOME");
    measure = strlen;
}

/* The number of a name, a new one if it has none. Runs no Python, so the lock cannot be waited for in vain. */
static int
number_of(const char *name)
{
    int number = 0;
    pthread_mutex_lock(&lock);
    while (number < used && strcmp(names[number], name) != 0) {
        number++;
    }
    if (number == used && used < MOST) {
        strcpy(names[used++], name);
    }
    pthread_mutex_unlock(&lock);
    return number;
}

static PyObject *
intern(PyObject *Py_UNUSED(module), PyObject *text)
{
    const char *name = PyUnicode_AsUTF8(text);
    if (name == NULL) {
        return NULL;
    }
    if (measure(name) >= LONGEST) {
        PyErr_SetString(PyExc_ValueError, "name too long");
        return NULL;
    }
    return PyLong_FromLong(number_of(name));
}

static PyObject *
has_home(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return PyBool_FromLong(home != NULL);
}

static PyMethodDef methods[] = {
    {"intern", intern, METH_O, "The number of a name."},
    {"has_home", has_home, METH_NOARGS, "Whether there is a home folder."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *Py_UNUSED(module))
{
    pthread_once(&once, begin);
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins004_twin_native_globals",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins004_twin_native_globals(void)
{
    return PyModuleDef_Init(&definition);
}
