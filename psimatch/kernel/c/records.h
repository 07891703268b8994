/* What records.c offers to the method table of module.c; records.py documents it. */
#ifndef PSIMATCH_RECORDS_H
#define PSIMATCH_RECORDS_H

PyObject *psimatch_order(PyObject *self, PyObject *args);
PyObject *psimatch_take(PyObject *self, PyObject *args);
PyObject *psimatch_find(PyObject *self, PyObject *args);
PyObject *psimatch_ascends(PyObject *self, PyObject *args);

#endif
