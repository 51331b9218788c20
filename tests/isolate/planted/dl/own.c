/* An extension that asks the dynamic loader about itself; there are two of it. */
#include "planted.h"
#include <dlfcn.h>
#include <link.h>

#define MODULE(NAME) PLANTED_MODULE(NAME, methods, no_exec)

int planted_which(void) { return NUMBER; }

/* What `planted_which` means to this extension. */
static PyObject *
which(NO_ARGUMENTS)
{
    int (*found)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "planted_which");
    int number = found ? found() : 0;
    return PyLong_FromLong(number);
}

/* Whether dlopen gives a handle for the name; it is closed again. */
static PyObject *
opens(MANY_ARGUMENTS)
{
    const char *name;
    int flags;
    if (!PyArg_ParseTuple(arguments, "si", &name, &flags)) {
        return NULL;
    }
    void *handle = dlopen(name, flags);
    if (handle != NULL) {
        dlclose(handle);
    }
    return PyBool_FromLong(handle != NULL);
}

/* Opens a plug-in, counts in it, and closes it. */
static PyObject *
counts_in(ONE_ARGUMENT)
{
    void *handle = dlopen(PyUnicode_AsUTF8(argument), RTLD_NOW);
    if (handle == NULL) {
        return PyUnicode_FromString(dlerror());
    }
    long (*add)(void) = (long (*)(void))dlsym(handle, "sibling_add");
    long counted = add();
    dlclose(handle);
    return PyLong_FromLong(counted);
}

static PyObject *
file_of_self(NO_ARGUMENTS)
{
    Dl_info info;
    struct link_map *map;
    if (dladdr1((void *)file_of_self, &info, (void **)&map, RTLD_DL_LINKMAP) == 0) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeFSDefault(info.dli_fname);
}

static PyMethodDef methods[] = {
    METHOD(which, METH_NOARGS), METHOD(opens, METH_VARARGS), METHOD(counts_in, METH_O),
    METHOD(file_of_self, METH_NOARGS), METHODS_END};

MODULE(NAME)
