// The small module of the comparison, written with nanobind. What it keeps, it keeps for the process.

#include <cstddef>
#include <stdexcept>
#include <utility>

#include <nanobind/nanobind.h>
#include <nanobind/operators.h>

namespace nb = nanobind;
using namespace nb::literals;

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

static const std::size_t size = 3;

static nb::object sentinel() {
    static PyObject *object = nb::str("sentinel").release().ptr();
    return nb::borrow(object);
}

struct Counter {
    long long n = 0;
    long long bump() { return ++n; }
    long long plus(long long other) const { return n + other; }
    Counter operator+(long long other) const { return Counter{n + other}; }
};

struct Pair {
    nb::object a, b;
};

// As nanobind's guide on reference cycles says.
static int pair_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    if (!nb::inst_ready(self))
        return 0;
    Pair *pair = nb::inst_ptr<Pair>(self);
    Py_VISIT(pair->a.ptr());
    Py_VISIT(pair->b.ptr());
    return 0;
}

static int pair_clear(PyObject *self) {
    Pair *pair = nb::inst_ptr<Pair>(self);
    pair->a.reset();
    pair->b.reset();
    return 0;
}

static PyType_Slot pair_slots[] = {
    {Py_tp_traverse, (void *)pair_traverse},
    {Py_tp_clear, (void *)pair_clear},
    {0, nullptr},
};

struct Steps {
    long long next = 0, end;
    explicit Steps(long long end) : end(end) {}
};

struct Block {
    char bytes[16] = {};
};

static int block_getbuffer(PyObject *self, Py_buffer *view, int flags) {
    Block *block = nb::inst_ptr<Block>(self);
    return PyBuffer_FillInfo(view, self, block->bytes, sizeof block->bytes, 0, flags);
}

static PyType_Slot block_slots[] = {
    {Py_bf_getbuffer, (void *)block_getbuffer},
    {0, nullptr},
};

NB_MODULE(small, m) {
    m.def("f", [] {}, "Nothing.");
    m.def("f1", [](long long n) { return n + 1; }, "n"_a, "n + 1.");
    m.def("kw", [](long long a, long long b) { return a + b; }, "a"_a, "b"_a = 1, "a + b.");
    m.def("tag", [] { return sentinel(); }, "The module's sentinel.");
    m.def("call", [](nb::object callback) { return callback(); }, "callback"_a, "callback().");
    nb::exception<Failure>(m, "Error");
    m.def("fail", [] { throw Failure("failed"); }, "Raises Error.");
    m.def(
        "total",
        [](nb::iterable iterable) {
            long long sum = 0;
            for (nb::handle item : iterable)
                sum += nb::cast<long long>(item);
            return sum;
        },
        "iterable"_a, "The sum of the items.");

    nb::class_<Counter>(m, "Counter", "Counts.")
        .def(nb::init<>())
        .def("bump", &Counter::bump, "Add one.")
        .def("plus", &Counter::plus, "n"_a, "The count and n.")
        .def("tag", [](const Counter &) { return sentinel(); }, "The module's sentinel.")
        .def_rw("n", &Counter::n, "The count.")
        .def_prop_ro("shared", [](const Counter &) { return sentinel(); }, "The module's sentinel.")
        .def("__len__", [](const Counter &) { return size; })
        .def(nb::self + (long long)0);

    nb::class_<Pair>(m, "Pair", nb::type_slots(pair_slots), "Two objects.")
        .def("__init__", [](Pair *self, nb::object a, nb::object b) { new (self) Pair{std::move(a), std::move(b)}; })
        .def_ro("a", &Pair::a, "The first.");

    nb::class_<Steps>(m, "Steps", "The numbers below the end.")
        .def(nb::init<long long>())
        .def("__iter__", [](nb::handle self) { return self; })
        .def("__next__", [](Steps &self) {
            if (self.next >= self.end)
                throw nb::stop_iteration();
            return self.next++;
        });

    nb::class_<Block>(m, "Block", nb::type_slots(block_slots), "Sixteen bytes.").def(nb::init<>());
}
