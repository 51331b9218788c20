/* An extension of a package with bundled libraries: its functions are the libraries'. */
#include "planted.h"
#include "registry.h"

static PyObject *
add(ONE_ARGUMENT)
{
    const char *name = PyUnicode_AsUTF8(argument);
    if (name == NULL) {
        return NULL;
    }
    long value = !strcmp(name, "registry") ? registry_add()
        : !strcmp(name, "plain") ? plain_add()
        : !strcmp(name, "chain") ? chain_add()
        : versioned_add();
    return PyLong_FromLong(value);
}

static PyObject *
places(NO_ARGUMENTS)
{
    return Py_BuildValue("[NNNN]", address_of(registry_place()), address_of(plain_place()), address_of(chain_place()),
                         address_of(versioned_place()));
}

static PyMethodDef methods[] = {METHOD(add, METH_O), METHOD(places, METH_NOARGS), METHODS_END};

#ifdef SECOND
PLANTED_MODULE(_two, methods, no_exec)
#elif defined(OLD_TAGS)
PLANTED_MODULE(_rpath, methods, no_exec)
#elif defined(BARE)
PLANTED_MODULE(_bare, methods, no_exec)
#else
PLANTED_MODULE(_one, methods, no_exec)
#endif
