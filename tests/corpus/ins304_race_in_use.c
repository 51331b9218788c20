/* insula-corpus: title: an unguarded native table, written by constructors
 * insula-corpus: expect: INS004 INS304
 * insula-corpus: answers: parallel=no
 * insula-corpus: why: one GIL lets one constructor in at a time; several GILs let in several. The pause makes the race certain.
 */
#include "corpus.h"

#include <string.h>
#include <unistd.h>

typedef struct {
    PyObject_HEAD
    char text[16];
} label;

/* Each constructor writes a row, until the table is full. */
#define ROWS 8
static char table[ROWS][16];
static volatile int used;
static volatile int inside;

static PyObject *
label_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    if (used < ROWS) {
        inside = inside + 1;
        for (int i = 0; i < 20; i++) {
            usleep(10 * 1000);
            if (inside != 1) {
                /* Two write the same row. */
                abort();
            }
        }
        strcpy(table[used], "label");
        used = used + 1;
        inside = inside - 1;
    }
    label *self = (label *)type->tp_alloc(type, 0);
    if (self != NULL) {
        memcpy(self->text, table[0], sizeof(table[0]));
    }
    return (PyObject *)self;
}

static int
label_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
label_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot label_slots[] = {
    {Py_tp_new, label_new},
    {Py_tp_traverse, label_traverse},
    {Py_tp_dealloc, label_dealloc},
    {0, NULL}};

static PyType_Spec label_spec = {
    .name = "ins304_race_in_use.Label",
    .basicsize = sizeof(label),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = label_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &label_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Label", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins304_race_in_use",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins304_race_in_use(void)
{
    return PyModuleDef_Init(&definition);
}
