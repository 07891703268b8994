/* Sort and search packed rows by a column of bytes. What is compared are PRF outputs of this side, or what the peer
   has sent: variable time, and fast where the values are spread evenly, as such outputs are.

   What is secret here: the keys of a shuffle; the claims, and a client's tags, of identifiers that don't match; which
   match. Sorting takes the same steps for all values whose first eight bytes differ, and reads from places that the
   values give: who shares this machine's cache could see these, and nobody else. A search takes steps by the values,
   which are uniform, and no fewer where it finds something. Tags of the server, and what the peer sent, are public. */
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "records.h"

/* A column: `size` bytes at `start` of each of `n` rows of `width` bytes. */
typedef struct {
    const uint8_t *data;
    size_t width, start, size, n;
} column;

/* The first eight bytes of a value as a number, and the row that it stands in. */
typedef struct { uint64_t head; uint32_t row; } entry;

static const uint8_t *value_at(const column *c, size_t row) { return c->data + c->width * row + c->start; }

static uint64_t head_of(const uint8_t *value) {
    uint64_t head = 0;
    for (int i = 0; i < 8; i++) head = head << 8 | value[i];
    return head;
}

/* The bounds of what the caller gives; no column has over 2^32 - 1 rows, and values have 8 bytes or more. */
static int column_of(column *c, const Py_buffer *buffer, Py_ssize_t width, Py_ssize_t start, Py_ssize_t size) {
    if (start < 0 || size < 8 || width < size || start > width - size || buffer->len % width ||
        (uint64_t)(buffer->len / width) > UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "the rows do not have this column");
        return 0;
    }
    c->data = buffer->buf;
    c->width = (size_t)width, c->start = (size_t)start, c->size = (size_t)size;
    c->n = (size_t)(buffer->len / width);
    return 1;
}

/* Radix sort, from the last byte of the heads to the first; equal heads are then put right by their whole values. */
static void entries_sort(const column *c, entry *entries, entry *spare) {
    for (int shift = 0; shift < 64; shift += 8) {
        size_t place[257] = {0};
        for (size_t i = 0; i < c->n; i++) place[(entries[i].head >> shift & 255) + 1]++;
        for (int i = 0; i < 255; i++) place[i + 1] += place[i];
        for (size_t i = 0; i < c->n; i++) spare[place[entries[i].head >> shift & 255]++] = entries[i];
        entry *turned = entries;
        entries = spare, spare = turned;
    }
    for (size_t i = 1; i < c->n; i++)
        for (size_t k = i; k && entries[k - 1].head == entries[k].head &&
                           memcmp(value_at(c, entries[k - 1].row), value_at(c, entries[k].row), c->size) > 0; k--) {
            entry turned = entries[k];
            entries[k] = entries[k - 1], entries[k - 1] = turned;
        }
}

PyObject *psimatch_order(PyObject *self, PyObject *args) {
    Py_buffer buffer;
    Py_ssize_t width, start, size;
    column c;
    PyObject *result = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*nnn", &buffer, &width, &start, &size)) return NULL;
    if (column_of(&c, &buffer, width, start, size)) result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(4 * c.n));
    if (result) {
        uint8_t *out = (uint8_t *)PyBytes_AsString(result);
        entry *entries = malloc((c.n + 1) * sizeof *entries), *spare = malloc((c.n + 1) * sizeof *spare);
        if (entries && spare) {
            Py_BEGIN_ALLOW_THREADS
            for (size_t i = 0; i < c.n; i++) entries[i] = (entry){head_of(value_at(&c, i)), (uint32_t)i};
            entries_sort(&c, entries, spare);
            for (size_t i = 0; i < c.n; i++) memcpy(out + 4 * i, &entries[i].row, 4);
            /* Their heads are pieces of keys and of outputs. */
            wipe(entries, c.n * sizeof *entries), wipe(spare, c.n * sizeof *spare);
            Py_END_ALLOW_THREADS
        } else {
            Py_DecRef(result);
            result = PyErr_NoMemory();
        }
        free(entries), free(spare);
    }
    PyBuffer_Release(&buffer);
    return result;
}

PyObject *psimatch_take(PyObject *self, PyObject *args) {
    Py_buffer buffer, rows;
    Py_ssize_t width, start, size;
    column c;
    PyObject *result = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*nnny*", &buffer, &width, &start, &size, &rows)) return NULL;
    if (rows.len % 4) PyErr_SetString(PyExc_ValueError, "rows are numbers of 32 bits");
    else if (column_of(&c, &buffer, width, start, size))
        result = rows.len / 4 <= PY_SSIZE_T_MAX / size ? PyBytes_FromStringAndSize(NULL, rows.len / 4 * size)
                                                       : PyErr_NoMemory();
    if (result) {
        uint8_t *out = (uint8_t *)PyBytes_AsString(result);
        for (Py_ssize_t i = 0; i < rows.len / 4; i++) {
            uint32_t row;
            memcpy(&row, (const uint8_t *)rows.buf + 4 * i, 4);
            if (row >= c.n) {
                Py_DecRef(result);
                result = NULL;
                PyErr_SetString(PyExc_IndexError, "there is no such row");
                break;
            }
            memcpy(out + size * i, value_at(&c, row), (size_t)size);
        }
    }
    PyBuffer_Release(&buffer);
    PyBuffer_Release(&rows);
    return result;
}

/* Where in the ascending column `value` stands, or -1. The first guess takes the values as evenly spread; from there
   the step doubles until it has passed the value, and halves again: no column makes it slow. */
static int32_t place_of(const column *c, const uint8_t *value) {
    size_t low = 0, high = c->n, step = 1;
    if (!c->n) return -1;
    size_t guess = (size_t)(((unsigned __int128)head_of(value) * c->n) >> 64);
    if (memcmp(value_at(c, guess), value, c->size) <= 0) {
        for (low = guess; guess + step < c->n && memcmp(value_at(c, guess + step), value, c->size) <= 0; step *= 2)
            low = guess + step;
        if (guess + step < c->n) high = guess + step;
    } else {
        for (high = guess; step <= guess && memcmp(value_at(c, guess - step), value, c->size) > 0; step *= 2)
            high = guess - step;
        if (step <= guess) low = guess - step;
    }
    /* low is at most the place, high is beyond it. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(value_at(c, middle), value, c->size) <= 0) low = middle;
        else high = middle;
    }
    /* -1 is all ones. Not a branch, which the few that match would take against the processor's guess. */
    return (int32_t)low | -(int32_t)(memcmp(value_at(c, low), value, c->size) != 0);
}

PyObject *psimatch_find(PyObject *self, PyObject *args) {
    Py_buffer sorted, wanted;
    Py_ssize_t size, width, start;
    column in, of;
    PyObject *result = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*nnn", &sorted, &wanted, &width, &start, &size)) return NULL;
    if (column_of(&of, &wanted, width, start, size) && column_of(&in, &sorted, size, 0, size)) {
        if (in.n > INT32_MAX) PyErr_SetString(PyExc_ValueError, "too many rows");
        else result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(4 * of.n));
    }
    if (result) {
        uint8_t *out = (uint8_t *)PyBytes_AsString(result);
        Py_BEGIN_ALLOW_THREADS
        for (size_t i = 0; i < of.n; i++) {
            int32_t place = place_of(&in, value_at(&of, i));
            memcpy(out + 4 * i, &place, 4);
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&sorted);
    PyBuffer_Release(&wanted);
    return result;
}

PyObject *psimatch_ascends(PyObject *self, PyObject *args) {
    Py_buffer packed;
    Py_ssize_t size;
    column c;
    int holds = 1;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*n", &packed, &size)) return NULL;
    int known = column_of(&c, &packed, size, 0, size);
    if (known)
        for (size_t i = 1; i < c.n && holds; i++) holds = memcmp(value_at(&c, i - 1), value_at(&c, i), c.size) < 0;
    PyBuffer_Release(&packed);
    return known ? PyBool_FromLong(holds) : NULL;
}
