/* The Python module psimatch.kernel._c: buffers in, bytes out, the interpreter lock released in between. The first
   argument of a group operation is the kernel's number in KERNELS. None means that an element was refused. */
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>

#include "kernel.h"
#include "records.h"
#include "scalars.h"
#include "wiping.h"

static const kernel *kernels[3];
static int kernel_count;
static uint64_t base_table[64][15][8];

/* Generator of ristretto255, RFC 9496 appendix A.1. */
static const uint8_t GENERATOR[32] = {
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
};

typedef const uint64_t (*table_rows)[15][8];

/* The arguments of one call: its kernel, its buffers, its result. */
#define MOST_BUFFERS 5
typedef struct {
    const kernel *with;
    Py_buffer in[MOST_BUFFERS];
    int count;
    uint32_t *lengths;
    PyObject *result;
    uint8_t *out;
} call;

static void call_close(call *c) {
    while (c->count) PyBuffer_Release(&c->in[--c->count]);
    free(c->lengths);
}

/* Take `count` buffers, after the kernel's number where `with_kernel`. */
static int call_open(call *c, PyObject *args, int with_kernel, int count) {
    memset(c, 0, sizeof *c);
    if (PyTuple_Size(args) != with_kernel + count) {
        PyErr_SetString(PyExc_TypeError, "wrong number of arguments");
        return 0;
    }
    if (with_kernel) {
        long which = PyLong_AsLong(PyTuple_GetItem(args, 0));
        if (which < 0 || which >= kernel_count) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no such kernel");
            return 0;
        }
        c->with = kernels[which];
    }
    for (int i = 0; i < count; i++) {
        if (PyObject_GetBuffer(PyTuple_GetItem(args, with_kernel + i), &c->in[i], PyBUF_SIMPLE)) {
            call_close(c);
            return 0;
        }
        c->count++;
    }
    return 1;
}

static int refuse(call *c, const char *reason) {
    PyErr_SetString(PyExc_ValueError, reason);
    call_close(c);
    return 0;
}

/* Check that buffer `i` is `n` items of `size` bytes. */
static int is_packed(call *c, int i, size_t n, size_t size) {
    return (size_t)c->in[i].len == n * size ? 1 : refuse(c, "a packed input is shorter or longer than another");
}

/* The number of items of `size` bytes in buffer `i`. */
static int packed_count(call *c, int i, size_t size, size_t *n) {
    *n = (size_t)c->in[i].len / size;
    if (!((size_t)c->in[i].len % size)) return 1;
    PyErr_Format(PyExc_ValueError, "packed input is not a multiple of %d bytes", (int)size);
    call_close(c);
    return 0;
}

static int result_open(call *c, size_t size) {
    c->result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (!c->result) {
        call_close(c);
        return 0;
    }
    c->out = (uint8_t *)PyBytes_AsString(c->result);
    return 1;
}

/* The kernel for a batch of n: one item alone costs less without lanes. */
static const kernel *serving(const call *c, size_t n) { return n == 1 ? &psimatch_portable : c->with; }

static const uint8_t *bytes_of(const call *c, int i) { return c->in[i].buf; }

static PyObject *result_close(call *c, int refused) {
    call_close(c);
    if (!refused) return c->result;
    Py_DecRef(c->result);
    if (refused == NO_MEMORY) return PyErr_NoMemory();
    Py_IncRef(Py_None);
    return Py_None;
}

/* Buffers `i` and `i + 1`: inputs, and their lengths as native 32-bit numbers, each at most `longest`, which must add
   up. The lengths are copied: another thread may write to theirs while the interpreter lock is released. */
static int inputs_of(call *c, int i, uint32_t longest, input_list *list) {
    uint64_t total = 0;
    memset(list, 0, sizeof *list);
    if (!packed_count(c, i + 1, sizeof(uint32_t), &list->count)) return 0;
    c->lengths = malloc(list->count * sizeof *c->lengths + 1);
    if (!c->lengths) {
        PyErr_NoMemory();
        call_close(c);
        return 0;
    }
    if (list->count) memcpy(c->lengths, c->in[i + 1].buf, list->count * sizeof *c->lengths);
    list->packed = bytes_of(c, i);
    list->lengths = c->lengths;
    for (size_t k = 0; k < list->count; k++) {
        if (c->lengths[k] > longest) return refuse(c, "an input is too long");
        total += c->lengths[k];
    }
    return total == (uint64_t)c->in[i].len ? 1 : refuse(c, "the lengths do not add up to the inputs");
}

/* The same behind the suffix that they are hashed to the group with. */
static int tagged_inputs_of(call *c, input_list *list) {
    if (c->in[0].len < 4) return refuse(c, "the suffix is too short");
    if (!inputs_of(c, 1, UINT32_MAX, list)) return 0;
    list->suffix = bytes_of(c, 0);
    list->dst_size = (size_t)c->in[0].len - 3;
    return 1;
}

static int table_of(call *c, int i, table_rows *table) {
    *table = c->in[i].buf;
    if ((uintptr_t)c->in[i].buf % sizeof(uint64_t)) return refuse(c, "a table is not aligned");
    return is_packed(c, i, 1, FIXED_TABLE_BYTES);
}

static PyObject *py_multiply(PyObject *self, PyObject *args) {
    call c;
    size_t n;
    int refused;
    (void)self;
    if (!call_open(&c, args, 1, 2) || !packed_count(&c, 1, 32, &n)) return NULL;
    size_t stride = c.in[0].len == 32 ? 0 : 32;
    if (stride && !is_packed(&c, 0, n, 32)) return NULL;
    if (!result_open(&c, 32 * n)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    refused = serving(&c, n)->multiply(c.out, bytes_of(&c, 0), stride, bytes_of(&c, 1), n);
    Py_END_ALLOW_THREADS
    return result_close(&c, refused);
}

static PyObject *py_multiply_base(PyObject *self, PyObject *args) {
    call c;
    size_t n;
    int refused;
    (void)self;
    if (!call_open(&c, args, 1, 1) || !packed_count(&c, 0, 32, &n) || !result_open(&c, 32 * n)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    refused = serving(&c, n)->multiply_base(c.out, (table_rows)base_table, bytes_of(&c, 0), n);
    Py_END_ALLOW_THREADS
    return result_close(&c, refused);
}

static PyObject *py_add(PyObject *self, PyObject *args) {
    call c;
    size_t n;
    int refused;
    (void)self;
    if (!call_open(&c, args, 1, 2) || !packed_count(&c, 0, 32, &n) || !is_packed(&c, 1, n, 32)) return NULL;
    if (!result_open(&c, 32 * n)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    refused = serving(&c, n)->add(c.out, bytes_of(&c, 0), bytes_of(&c, 1), n);
    Py_END_ALLOW_THREADS
    return result_close(&c, refused);
}

static PyObject *py_weighted_sum(PyObject *self, PyObject *args) {
    call c;
    size_t n;
    int refused;
    (void)self;
    if (!call_open(&c, args, 1, 2) || !packed_count(&c, 0, 32, &n) || !is_packed(&c, 1, n, 32)) return NULL;
    if (!result_open(&c, 32)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    refused = serving(&c, n)->weighted_sum_vartime(c.out, bytes_of(&c, 0), bytes_of(&c, 1), n);
    Py_END_ALLOW_THREADS
    return result_close(&c, refused);
}

static PyObject *py_from_uniform(PyObject *self, PyObject *args) {
    call c;
    size_t n;
    (void)self;
    if (!call_open(&c, args, 1, 1) || !packed_count(&c, 0, 64, &n) || !result_open(&c, 32 * n)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    serving(&c, n)->from_uniform(c.out, bytes_of(&c, 0), n);
    Py_END_ALLOW_THREADS
    return result_close(&c, 0);
}

static PyObject *py_hash(PyObject *self, PyObject *args) {
    call c;
    input_list inputs;
    (void)self;
    if (!call_open(&c, args, 1, 3) || !tagged_inputs_of(&c, &inputs) || !result_open(&c, 32 * inputs.count)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    serving(&c, inputs.count)->hash(c.out, &inputs);
    Py_END_ALLOW_THREADS
    return result_close(&c, 0);
}

static PyObject *py_blind(PyObject *self, PyObject *args) {
    call c;
    input_list inputs;
    int refused;
    (void)self;
    if (!call_open(&c, args, 1, 4) || !tagged_inputs_of(&c, &inputs) || !is_packed(&c, 3, inputs.count, 32)) return NULL;
    if (!result_open(&c, 32 * inputs.count)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    refused = serving(&c, inputs.count)->blind(c.out, &inputs, (table_rows)base_table, bytes_of(&c, 3));
    Py_END_ALLOW_THREADS
    return result_close(&c, refused);
}

static PyObject *py_unblind(PyObject *self, PyObject *args) {
    call c;
    table_rows table;
    size_t n;
    int refused;
    (void)self;
    if (!call_open(&c, args, 1, 3) || !table_of(&c, 0, &table) || !packed_count(&c, 1, 32, &n)) return NULL;
    if (!is_packed(&c, 2, n, 32) || !result_open(&c, 32 * n)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    refused = serving(&c, n)->unblind(c.out, table, bytes_of(&c, 1), bytes_of(&c, 2), n);
    Py_END_ALLOW_THREADS
    return result_close(&c, refused);
}

static PyObject *py_evaluate(PyObject *self, PyObject *args) {
    call c;
    input_list inputs;
    int refused;
    (void)self;
    if (!call_open(&c, args, 1, 4) || !tagged_inputs_of(&c, &inputs) || !is_packed(&c, 3, 1, 32)) return NULL;
    if (!result_open(&c, 32 * inputs.count)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    refused = serving(&c, inputs.count)->evaluate(c.out, &inputs, bytes_of(&c, 3));
    Py_END_ALLOW_THREADS
    return result_close(&c, refused);
}

static PyObject *py_finalize(PyObject *self, PyObject *args) {
    call c;
    input_list inputs;
    (void)self;
    /* RFC 9497 hashes the length of an input as 16 bits. */
    if (!call_open(&c, args, 1, 3) || !inputs_of(&c, 0, UINT16_MAX, &inputs) || !is_packed(&c, 2, inputs.count, 32)) return NULL;
    if (!result_open(&c, 64 * inputs.count)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    serving(&c, inputs.count)->finalize(c.out, &inputs, bytes_of(&c, 2));
    Py_END_ALLOW_THREADS
    return result_close(&c, 0);
}

static PyObject *py_fixed_table(PyObject *self, PyObject *args) {
    call c;
    int refused;
    (void)self;
    if (!call_open(&c, args, 0, 1) || !is_packed(&c, 0, 1, 32) || !result_open(&c, FIXED_TABLE_BYTES)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    refused = psimatch_fixed_table((uint64_t (*)[15][8])(void *)c.out, bytes_of(&c, 0));
    Py_END_ALLOW_THREADS
    return result_close(&c, refused);
}

static PyObject *py_reduce_scalars(PyObject *self, PyObject *args) {
    call c;
    size_t n;
    (void)self;
    if (!call_open(&c, args, 0, 1) || !packed_count(&c, 0, 64, &n) || !result_open(&c, 32 * n)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    psimatch_reduce(c.out, bytes_of(&c, 0), n);
    Py_END_ALLOW_THREADS
    return result_close(&c, 0);
}

static PyObject *scalar_pair(PyObject *args, void (*function)(uint8_t *, const uint8_t *, const uint8_t *)) {
    call c;
    if (!call_open(&c, args, 0, 2) || !is_packed(&c, 0, 1, 32) || !is_packed(&c, 1, 1, 32)) return NULL;
    if (!result_open(&c, 32)) return NULL;
    function(c.out, bytes_of(&c, 0), bytes_of(&c, 1));
    return result_close(&c, 0);
}

static PyObject *py_scalar_multiply(PyObject *self, PyObject *args) {
    (void)self;
    return scalar_pair(args, psimatch_scalar_multiply);
}

static PyObject *py_scalar_subtract(PyObject *self, PyObject *args) {
    (void)self;
    return scalar_pair(args, psimatch_scalar_subtract);
}

static PyObject *py_invert_each(PyObject *self, PyObject *args) {
    call c;
    size_t n;
    int refused;
    (void)self;
    if (!call_open(&c, args, 0, 1) || !packed_count(&c, 0, 32, &n) || !result_open(&c, 32 * n)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    refused = psimatch_invert_each(c.out, bytes_of(&c, 0), n);
    Py_END_ALLOW_THREADS
    return result_close(&c, refused);
}

static PyMethodDef methods[] = {
    {"multiply", py_multiply, METH_VARARGS, "Multiply elements by one scalar or by their own."},
    {"multiply_base", py_multiply_base, METH_VARARGS, "Multiply the generator by each scalar."},
    {"add", py_add, METH_VARARGS, "Add pairs of elements."},
    {"weighted_sum", py_weighted_sum, METH_VARARGS, "Sum weight times element; variable time."},
    {"from_uniform", py_from_uniform, METH_VARARGS, "Map 64 uniform bytes each to elements."},
    {"hash", py_hash, METH_VARARGS, "Hash inputs to elements."},
    {"blind", py_blind, METH_VARARGS, "Hash inputs and add blind times generator."},
    {"unblind", py_unblind, METH_VARARGS, "Subtract blind times the table's point."},
    {"evaluate", py_evaluate, METH_VARARGS, "Hash inputs and multiply by one scalar."},
    {"finalize", py_finalize, METH_VARARGS, "Hash inputs and elements to outputs."},
    {"fixed_table", py_fixed_table, METH_VARARGS, "Make the table of one fixed point."},
    {"reduce_scalars", py_reduce_scalars, METH_VARARGS, "Reduce 64 bytes each modulo the order."},
    {"scalar_multiply", py_scalar_multiply, METH_VARARGS, "Multiply two scalars."},
    {"scalar_subtract", py_scalar_subtract, METH_VARARGS, "Subtract two scalars."},
    {"invert_each", py_invert_each, METH_VARARGS, "Invert each scalar."},
    {"order", psimatch_order, METH_VARARGS, "Sort rows by a column."},
    {"take", psimatch_take, METH_VARARGS, "Gather a column of rows."},
    {"find", psimatch_find, METH_VARARGS, "Search a column in ascending values."},
    {"ascends", psimatch_ascends, METH_VARARGS, "Say whether values ascend."},
    {"wipe", psimatch_wipe, METH_VARARGS, "Overwrite what the caller alone has."},
    {NULL, NULL, 0, NULL},
};

/* Whether processor and operating system run the instructions that avx2.c and ifma.c are compiled with. */
#ifdef PSIMATCH_WITH_AVX2
static int avx2_runs(void) { return __builtin_cpu_supports("avx2"); }
#endif
#ifdef PSIMATCH_WITH_IFMA
static int ifma_runs(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw");
}
#endif

static int module_execute(PyObject *module) {
    if (!kernel_count) { /* once a process: a call of another thread may be reading them */
        if (psimatch_fixed_table(base_table, GENERATOR)) {
            PyErr_SetString(PyExc_ImportError, "the table of the generator could not be made");
            return -1;
        }
        kernels[kernel_count++] = &psimatch_portable;
#if defined PSIMATCH_WITH_AVX2 || defined PSIMATCH_WITH_IFMA
        __builtin_cpu_init();
#endif
#ifdef PSIMATCH_WITH_AVX2
        if (avx2_runs()) kernels[kernel_count++] = &psimatch_avx2;
#endif
#ifdef PSIMATCH_WITH_IFMA
        if (ifma_runs()) kernels[kernel_count++] = &psimatch_ifma;
#endif
    }
    PyObject *names = PyTuple_New(kernel_count);
    if (!names) return -1;
    int failed = 0;
    for (int i = 0; i < kernel_count && !failed; i++) {
        PyObject *name = PyUnicode_FromString(kernels[i]->name);
        failed = name ? PyTuple_SetItem(names, i, name) : -1;
    }
    if (!failed) failed = PyModule_AddObjectRef(module, "KERNELS", names);
    Py_DecRef(names);
    return failed;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, module_execute}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_c", "Batch operations of ristretto255 in C.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__c(void) { return PyModuleDef_Init(&definition); }
