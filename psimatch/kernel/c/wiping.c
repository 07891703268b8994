/* Overwrite what Python has in memory. Bytes are constant to all other code, so the caller must be the only one who has
   them, as of a key that was made for it; those of one byte or none belong to the interpreter. */
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernel.h"
#include "wiping.h"

PyObject *psimatch_wipe(PyObject *self, PyObject *args) {
    (void)self;
    for (Py_ssize_t i = 0; i < PyTuple_Size(args); i++) {
        Py_buffer buffer;
        if (PyObject_GetBuffer(PyTuple_GetItem(args, i), &buffer, PyBUF_SIMPLE)) return NULL;
        if (buffer.len > 1) wipe(buffer.buf, (size_t)buffer.len);
        PyBuffer_Release(&buffer);
    }
    Py_IncRef(Py_None);
    return Py_None;
}
