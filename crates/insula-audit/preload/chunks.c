/* Preloaded into the worker that is X-rayed: notes every block that the C library's allocator hands out, and who asked for it.
 *
 * The auditor reads the table from outside. The library needs nothing but the C library's allocator under the names by which
 * every glibc exports it, without a version, so that it loads on older and newer ones alike.
 *
 * New memory is cleared: a pointer that an earlier owner left behind must not look like one that is in use.
 */
#include <stddef.h>
#include <stdint.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

#define EXPORT __attribute__((visibility("default")))
#define CALLER ((uintptr_t)__builtin_return_address(0))
#define SLOTS (1u << 20)
#define FREED 1

struct chunk {
    uintptr_t start; /* 0: never used; FREED: free again */
    size_t size;
    uintptr_t caller;
};

EXPORT struct {
    uint64_t lost; /* blocks for which there was no room */
    struct chunk chunks[SLOTS];
} insula_chunks;

static char busy;

static void
lock(void)
{
    while (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE)) {
    }
}

static void
unlock(void)
{
    __atomic_clear(&busy, __ATOMIC_RELEASE);
}

/* Blocks of one page, of which none is smaller than 32 bytes, have slots beside one another: so the table takes little more
 * memory than the pages need slots. */
static uint32_t
slot_of(uintptr_t start)
{
    return (uint32_t)(((start >> 12) * 0x9E3779B97F4A7C15u >> 40 << 7) + (start >> 5 & 127)) & (SLOTS - 1);
}

static void
clear(char *from, size_t size)
{
    /* Larger blocks come from the kernel, which has cleared them. */
    if (size <= (1u << 25)) {
        __builtin_memset(from, 0, size);
    }
}

static void
note(void *block, size_t size, uintptr_t caller)
{
    if (block == NULL) {
        return;
    }
    lock();
    uint32_t at = slot_of((uintptr_t)block);
    uint32_t tried;
    for (tried = 0; tried < SLOTS; tried++, at = (at + 1) & (SLOTS - 1)) {
        struct chunk *c = &insula_chunks.chunks[at];
        if (c->start <= FREED) {
            c->size = size;
            c->caller = caller;
            c->start = (uintptr_t)block;
            break;
        }
    }
    insula_chunks.lost += tried == SLOTS;
    unlock();
}

/* Forgets a block; returns its size. */
static size_t
forget(void *block)
{
    size_t size = 0;
    lock();
    uint32_t at = slot_of((uintptr_t)block);
    for (uint32_t tried = 0; tried < SLOTS; tried++, at = (at + 1) & (SLOTS - 1)) {
        struct chunk *c = &insula_chunks.chunks[at];
        if (c->start == (uintptr_t)block) {
            size = c->size;
            c->start = FREED;
            break;
        }
        if (c->start == 0) {
            break;
        }
    }
    unlock();
    return size;
}

EXPORT void *
malloc(size_t size)
{
    void *block = __libc_malloc(size);
    if (block != NULL) {
        clear(block, size);
    }
    note(block, size, CALLER);
    return block;
}

EXPORT void *
calloc(size_t count, size_t size)
{
    void *block = __libc_calloc(count, size);
    note(block, count * size, CALLER);
    return block;
}

EXPORT void *
realloc(void *old, size_t size)
{
    size_t before = old == NULL ? 0 : forget(old);
    char *block = __libc_realloc(old, size);
    if (block != NULL) {
        if (size > before && (before != 0 || old == NULL)) {
            clear(block + before, size - before);
        }
        note(block, size, CALLER);
    } else if (size != 0 && old != NULL) {
        note(old, before, CALLER);
    }
    return block;
}

EXPORT void
free(void *block)
{
    if (block != NULL) {
        forget(block);
    }
    __libc_free(block);
}

static void *
aligned(size_t alignment, size_t size, uintptr_t caller)
{
    void *block = __libc_memalign(alignment, size);
    if (block != NULL) {
        clear(block, size);
    }
    note(block, size, caller);
    return block;
}

EXPORT void *
memalign(size_t alignment, size_t size)
{
    return aligned(alignment, size, CALLER);
}

EXPORT void *
aligned_alloc(size_t alignment, size_t size)
{
    return aligned(alignment, size, CALLER);
}

EXPORT int
posix_memalign(void **result, size_t alignment, size_t size)
{
    enum { NO_MEMORY = 12 };
    void *block = aligned(alignment, size, CALLER);
    if (block == NULL) {
        return NO_MEMORY;
    }
    *result = block;
    return 0;
}
