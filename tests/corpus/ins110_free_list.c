/* insula-corpus: title: a free list of instances that all interpreters take from
 * insula-corpus: expect: INS004 INS110
 * insula-corpus: may: INS102 INS103 INS109 INS202 INS207 INS211 INS302 INS303 INS304 INS305 INS306 INS307 INS308 INS401 INS403
 * insula-corpus: answers: legacy=no own-gil=no parallel=no
 * insula-corpus: why: memory of one interpreter's allocator becomes an instance in another one, and outlives the interpreter it came from.
 */
#include "corpus.h"

#define MOST 16

typedef struct {
    PyObject_HEAD
    long value;
} number;

static number *free_numbers[MOST];
static int free_count;

static PyObject *
number_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    if (free_count == 0) {
        return type->tp_alloc(type, 0);
    }
    number *self = free_numbers[--free_count];
    free_numbers[free_count] = NULL;
    return PyObject_Init((PyObject *)self, type);
}

static void
number_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (free_count < MOST) {
        free_numbers[free_count++] = (number *)self;
    } else {
        type->tp_free(self);
    }
    Py_DECREF(type);
}

static PyType_Slot number_slots[] = {
    {Py_tp_dealloc, number_dealloc},
    {Py_tp_new, number_new},
    {0, NULL}};

static PyType_Spec number_spec = {
    .name = "ins110_free_list.Number",
    .basicsize = sizeof(number),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = number_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &number_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Number", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins110_free_list",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins110_free_list(void)
{
    return PyModuleDef_Init(&definition);
}
