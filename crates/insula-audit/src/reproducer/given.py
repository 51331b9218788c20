exec(NAMES)
module = load()
mine = eval(FIRST)
other = create()
read, write = os.pipe()
run(other, NAMES + "\nimport os\nos.write(%d, str(id(eval(%r))).encode())" % (write, SECOND))
if int(os.read(read, 100)) == id(mine):
    sys.exit("one object in two interpreters, given by %s" % SECOND)
