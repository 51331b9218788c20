// insula-corpus: title: nanobind: a bound class, and the library's own tables
// insula-corpus: built-with: nanobind
// insula-corpus: expect: INS006 INS105 INS301 INS501
// insula-corpus: may: INS208 INS307 INS401
// insula-corpus: informs: INS005
// insula-corpus: answers: again=no own-gil=refused parallel=refused clean=no
// insula-corpus: why: types, functions and the tables that lead to them belong to the process.
#include <nanobind/nanobind.h>

namespace nb = nanobind;

struct Point {
    int x;
};

NB_MODULE(nanobind_class, module) {
    nb::class_<Point>(module, "Point").def(nb::init<int>()).def_rw("x", &Point::x);
    module.def("twice", [](int value) { return 2 * value; });
}
