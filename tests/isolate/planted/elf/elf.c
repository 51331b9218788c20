/* One extension for all ways to link: a counter, relocated pointers, functions of its own and of others. */
#include "planted.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

long planted_counter = 0;
static long initialised, chosen_by;
COUNTER_METHODS(planted_counter)

/* Relocated when it is loaded, and read only afterwards. */
__attribute__((used)) static const volatile void *const table[] = {
    &planted_counter, (void *)PyLong_FromLong, (void *)PyGILState_Ensure, (void *)note};

#ifdef WITH_IFUNC
static long one(void) { return 1; }
static long (*choose(void))(void) { chosen_by = 1; return one; }
long chosen(void) __attribute__((ifunc("choose")));
#else
static long chosen(void) { return 1; }
#endif

#ifdef WITH_TEXTREL
__asm__(".text\n.globl planted_textrel\n.type planted_textrel,@object\nplanted_textrel: .quad planted_private\n"
        ".size planted_textrel,8\n.data\nplanted_private: .quad 42\n.text\n");
extern long *const planted_textrel;
#endif

#ifdef WITH_INIT
void planted_init(void) { initialised += 1; note("init"); }
void planted_fini(void) { note("fini %ld", planted_counter); }
#endif
#ifdef WITH_LIBRARIES
extern long outer_order(void);
#endif

#define CONSTRUCTOR(NAME, PRIORITY, DIGIT)                                     \
    __attribute__((constructor(PRIORITY))) static void NAME(void)              \
    {                                                                          \
        initialised = initialised * 10 + DIGIT;                                \
        note("constructor " TEXT(PRIORITY));                                   \
    }
CONSTRUCTOR(second, 201, 2)
CONSTRUCTOR(first, 101, 1)

static PyObject *
facts(NO_ARGUMENTS)
{
    long textrel = 0;
#ifdef WITH_TEXTREL
    textrel = ++*planted_textrel;
#endif
    (void)chosen_by;
    return Py_BuildValue("{sOslslslsN}", "table", table[0] == &planted_counter ? Py_True : Py_False, "chosen", chosen(),
                         "initialised", initialised, "textrel", textrel, "relro", address_of(table));
}

static PyObject *
raises(ONE_ARGUMENT)
{
    if (!PyDict_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "not a dict but %.100s", Py_TYPE(argument)->tp_name);
        return NULL;
    }
    return PyDict_Copy(argument);
}

static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(facts, METH_NOARGS), METHOD(raises, METH_O),
    METHODS_END};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, no_exec}, {0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, TEXT(NAME), NULL, 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC
JOIN(PyInit_, NAME)(void)
{
    return PyModuleDef_Init(&definition);
}
