/* insula-corpus: title: a tree of malloc'ed nodes behind a global, without any Python object
 * insula-corpus: twin-of: ins105_chain ins107_behind_malloc ins101_lazy_dict
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: names, numbers and built-in types, which are the same in all interpreters; some nodes look like an object's head on purpose, and blocks are used again after Python's objects lay in them.
 */
#include "corpus.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What kind of column, as many modules keep it: begins like {reference count, type}. */
typedef struct {
    Py_ssize_t uses;
    PyTypeObject *type;
    double scale;
} kind;

typedef struct node {
    struct node *left;
    struct node *right;
    kind *kind;
    size_t size;
    char name[24];
    /* A pointer in disguise: its lowest bit says something else. */
    size_t tagged;
} node;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static node *root;
static int count;

static node *
new_node(const char *name, size_t size, PyTypeObject *type)
{
    node *fresh = malloc(sizeof(node));
    kind *what = malloc(sizeof(kind));
    if (fresh == NULL || what == NULL) {
        free(fresh);
        free(what);
        return NULL;
    }
    /* Not memset: the bytes behind the name are whatever was there before, as in many a real table. */
    what->uses = 1;
    what->type = type;
    what->scale = 1.0;
    fresh->left = fresh->right = NULL;
    fresh->kind = what;
    fresh->size = size;
    strcpy(fresh->name, name);
    fresh->tagged = (size_t)what | 1;
    return fresh;
}

/* Returns the number of uses of a name, 0 without memory. */
static Py_ssize_t
note(const char *name, size_t size, PyTypeObject *type)
{
    pthread_mutex_lock(&lock);
    node **place = &root;
    while (*place != NULL && strcmp((*place)->name, name) != 0) {
        place = strcmp(name, (*place)->name) < 0 ? &(*place)->left : &(*place)->right;
    }
    Py_ssize_t uses = 0;
    if (*place != NULL) {
        uses = ++(*place)->kind->uses;
    }
    else if (count < 64 && (*place = new_node(name, size, type)) != NULL) {
        count++;
        uses = 1;
    }
    pthread_mutex_unlock(&lock);
    return uses;
}

static PyObject *
declare(PyObject *Py_UNUSED(module), PyObject *text)
{
    Py_ssize_t size;
    const char *name = PyUnicode_AsUTF8AndSize(text, &size);
    if (name == NULL) {
        return NULL;
    }
    if (size >= 24) {
        PyErr_SetString(PyExc_ValueError, "name too long");
        return NULL;
    }
    PyTypeObject *types[] = {&PyFloat_Type, &PyUnicode_Type, &PyList_Type, &PyDict_Type};
    if (note(name, (size_t)size, types[size % 4]) == 0) {
        PyErr_SetString(PyExc_MemoryError, "no more columns");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"declare", declare, METH_O, "Declare a column."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins105_twin_native_tree",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins105_twin_native_tree(void)
{
    return PyModuleDef_Init(&definition);
}
