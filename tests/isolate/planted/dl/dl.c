/* An extension that looks itself and its siblings up by dladdr and dlopen. */
#include "planted.h"
#include <dlfcn.h>
#include <libgen.h>
#include <link.h>

long planted_counter;
COUNTER_METHODS(planted_counter)
extern long sibling_add(void);
extern void *sibling_place(void);

static PyObject *
file_of_self(NO_ARGUMENTS)
{
    Dl_info info;
    if (dladdr((void *)file_of_self, &info) == 0 || info.dli_fname == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeFSDefault(info.dli_fname);
}

/* open_at(path, flags, symbol) -> [opened, address of the symbol in it, error] */
static PyObject *
open_at(MANY_ARGUMENTS)
{
    const char *path, *symbol;
    int flags;
    if (!PyArg_ParseTuple(arguments, "sis", &path, &flags, &symbol)) {
        return NULL;
    }
    void *handle = dlopen(path, flags);
    if (handle == NULL) {
        return Py_BuildValue("[OOs]", Py_False, Py_None, dlerror());
    }
    void *found = dlsym(handle, symbol);
    if (!strncmp(symbol, "sibling_place", 13) && found) {
        found = ((void *(*)(void))found)();
    }
    return Py_BuildValue("[ONO]", Py_True, address_of(found), Py_None);
}

/* What a library with plug-ins does: the folder of the file that this function is in. */
static PyObject *
open_beside(MANY_ARGUMENTS)
{
    const char *relative, *symbol;
    char path[4096];
    Dl_info info;
    if (!PyArg_ParseTuple(arguments, "ss", &relative, &symbol)) {
        return NULL;
    }
    if (dladdr((void *)open_beside, &info) == 0) {
        Py_RETURN_NONE;
    }
    char *copy = strdup(info.dli_fname);
    snprintf(path, sizeof path, "%s/%s", dirname(copy), relative);
    free(copy);
    PyObject *call = Py_BuildValue("(sis)", path, RTLD_NOW | RTLD_LOCAL, symbol);
    PyObject *result = call ? open_at(NULL, call) : NULL;
    Py_XDECREF(call);
    return result;
}

static PyObject *linked(NO_ARGUMENTS) { return address_of(sibling_place()); }

static int
look(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    uintptr_t mine = (uintptr_t)&planted_counter;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && mine >= begin && mine < begin + info->dlpi_phdr[i].p_memsz) {
            ++*(int *)data;
        }
    }
    return 0;
}

/* How many images, by dl_iterate_phdr (unwinders use it), have this variable: one. */
static PyObject *
iterated(NO_ARGUMENTS)
{
    int found = 0;
    dl_iterate_phdr(look, &found);
    return PyLong_FromLong(found);
}

static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(file_of_self, METH_NOARGS),
    METHOD(open_at, METH_VARARGS), METHOD(open_beside, METH_VARARGS), METHOD(linked, METH_NOARGS),
    METHOD(iterated, METH_NOARGS), METHODS_END};

PLANTED_MODULE(_dl, methods, no_exec)
