// insula-corpus: title: pybind11: a bound class in a module that declares an own GIL
// insula-corpus: built-with: pybind11
// insula-corpus: expect: INS004 INS105 INS204 INS301 INS501
// insula-corpus: may: INS208 INS307 INS401
// insula-corpus: answers: again=no clean=no
// insula-corpus: why: types lie behind native heap memory, one table for each interpreter, which also works in parallel; a second import gets the first module.
#include <pybind11/pybind11.h>

namespace py = pybind11;

namespace {

struct Point {
    int x;
    explicit Point(int x) : x(x) {}
};

}  // namespace

PYBIND11_MODULE(pybind11_own_gil, module, py::multiple_interpreters::per_interpreter_gil()) {
    py::class_<Point>(module, "Point").def(py::init<int>(), py::arg("x") = 0).def_readwrite("x", &Point::x);
    module.def("twice", [](int number) { return 2 * number; });
}
