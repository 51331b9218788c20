/* insula-corpus: title: single-phase initialisation that forgets twelve lists
 * insula-corpus: expect: INS001 INS307 INS501
 * insula-corpus: answers: own-gil=no parallel=no clean=no
 * insula-corpus: why: with m_size 0 CPython calls PyInit for every import, and each call leaves its lists behind.
 */
#include "corpus.h"

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins307_single_phase",
    .m_size = 0,
};

PyMODINIT_FUNC
PyInit_ins307_single_phase(void)
{
    for (int i = 0; i < 12; i++) {
        if (PyList_New(0) == NULL)
            return NULL;
    }
    return PyModule_Create(&definition);
}
