GIVEN = """
def given(call):
    try:
        return eval(call)
    except Exception as error:
        return type(error)
"""
exec(NAMES)
exec(GIVEN)
module = load()
mine = given(FIRST)
other = create()
read, write = os.pipe()
run(other, NAMES + GIVEN + "\nimport os\nos.write(%d, str(id(given(%r))).encode())" % (write, SECOND))
if int(os.read(read, 100)) == id(mine):
    sys.exit("one object in two interpreters, given by %s" % SECOND)
