// insula-corpus: title: pybind11: a bound class, and a cache in a static variable
// insula-corpus: built-with: pybind11
// insula-corpus: expect: INS105 INS204 INS205 INS301 INS501
// insula-corpus: may: INS308 INS208 INS307 INS401
// insula-corpus: informs: INS005
// insula-corpus: answers: again=no own-gil=refused parallel=refused clean=no
// insula-corpus: why: types and the static vector lie behind native heap memory; Point owns an object without telling the collector; the property type that every such module brings has a traverse that forgets its base.
#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <vector>

namespace py = pybind11;

struct Point {
    py::object x;
    explicit Point(py::object value) : x(std::move(value)) {}
};

// As many a binding keeps what is expensive to make.
static std::vector<py::object> &cache() {
    static auto *all = new std::vector<py::object>(); // here: INS105
    return *all;
}

PYBIND11_MODULE(pybind11_registry, module) {
    py::class_<Point>(module, "Point").def(py::init<py::object>()).def_readwrite("x", &Point::x);
    module.def("remember", [](py::object value) {
        cache().push_back(std::move(value));
        return cache().size();
    });
}
