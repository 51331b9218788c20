module = load()
first = read(image()[0] + VADDR)
run(create(), "pass")
if read(image()[0] + VADDR) != first:
    sys.exit("the second interpreter's import has replaced what the variable held")
