// The small module of the comparison, written with pybind11. What it keeps, it keeps for the process, as in pybind11's guide.

#include <cstddef>
#include <stdexcept>
#include <utility>

#include <pybind11/operators.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

static const std::size_t size = 3;

static py::object sentinel() {
    static PyObject *object = py::str("sentinel").release().ptr();
    return py::reinterpret_borrow<py::object>(object);
}

struct Counter {
    long long n = 0;
    long long bump() { return ++n; }
    long long plus(long long other) const { return n + other; }
    Counter operator+(long long other) const { return Counter{n + other}; }
};

struct Pair {
    py::object a, b;
};

struct Steps {
    long long next = 0, end;
    explicit Steps(long long end) : end(end) {}
};

struct Block {
    char bytes[16] = {};
};

PYBIND11_MODULE(small, m) {
    m.def("f", [] {}, "Nothing.");
    m.def("f1", [](long long n) { return n + 1; }, "n + 1.", py::arg("n"));
    m.def("kw", [](long long a, long long b) { return a + b; }, "a + b.", py::arg("a"), py::arg("b") = 1);
    m.def("tag", [] { return sentinel(); }, "The module's sentinel.");
    m.def("call", [](const py::object &callback) { return callback(); }, "callback().", py::arg("callback"));
    py::register_exception<Failure>(m, "Error");
    m.def("fail", [] { throw Failure("failed"); }, "Raises Error.");
    m.def(
        "total",
        [](const py::iterable &iterable) {
            long long sum = 0;
            for (auto item : iterable)
                sum += item.cast<long long>();
            return sum;
        },
        "The sum of the items.", py::arg("iterable"));

    py::class_<Counter>(m, "Counter", "Counts.")
        .def(py::init<>())
        .def("bump", &Counter::bump, "Add one.")
        .def("plus", &Counter::plus, "The count and n.", py::arg("n"))
        .def("tag", [](const Counter &) { return sentinel(); }, "The module's sentinel.")
        .def_readwrite("n", &Counter::n, "The count.")
        .def_property_readonly("shared", [](const Counter &) { return sentinel(); }, "The module's sentinel.")
        .def("__len__", [](const Counter &) { return size; })
        .def(py::self + (long long)0);

    py::class_<Pair>(m, "Pair", "Two objects.")
        .def(py::init([](py::object a, py::object b) { return Pair{std::move(a), std::move(b)}; }))
        .def_readonly("a", &Pair::a, "The first.");

    py::class_<Steps>(m, "Steps", "The numbers below the end.")
        .def(py::init<long long>())
        .def("__iter__", [](Steps &self) -> Steps & { return self; })
        .def("__next__", [](Steps &self) {
            if (self.next >= self.end)
                throw py::stop_iteration();
            return self.next++;
        });

    py::class_<Block>(m, "Block", "Sixteen bytes.", py::buffer_protocol())
        .def(py::init<>())
        .def_buffer([](Block &self) {
            return py::buffer_info(self.bytes, 1, py::format_descriptor<unsigned char>::format(), sizeof self.bytes);
        });
}
