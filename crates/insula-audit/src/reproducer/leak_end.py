once, more = growth(once), growth(more)
blocks, size = (b - max(0, a) for a, b in zip(once, more))
if blocks >= 90 or size >= 1600:
    sys.exit("a hundred calls leave %d blocks and %d bytes behind" % (blocks, size))
