/* What wiping.c offers to the method table of module.c; wiping.py documents it. */
#ifndef PSIMATCH_WIPING_H
#define PSIMATCH_WIPING_H

PyObject *psimatch_wipe(PyObject *self, PyObject *args);

#endif
