// Preloaded into a program, this counts its calls of malloc and its kin, and lets memory and threads run out. For the GNU C
// library, which gives its own functions second names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

static atomic_long count, failing, threads = -1;

long allocation_count(void) { return count; }

// Call number n from now on fails, and no other one; 0: none does.
void fail_allocation(long n) { failing = n ? count + n : 0; }

// So many more threads can start; -1: any number.
void limit_threads(long n) { threads = n; }

static int refused(void) {
  if (++count != failing) return 0;
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t size) { return refused() ? NULL : __libc_malloc(size); }
void* calloc(size_t n, size_t size) { return refused() ? NULL : __libc_calloc(n, size); }
void* realloc(void* old, size_t size) { return refused() ? NULL : __libc_realloc(old, size); }
void* memalign(size_t alignment, size_t size) { return refused() ? NULL : __libc_memalign(alignment, size); }
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** place, size_t alignment, size_t size) {
  *place = memalign(alignment, size);
  return *place ? 0 : ENOMEM;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  static int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  if (!real) real = dlsym(RTLD_NEXT, "pthread_create");
  if (threads == 0) return EAGAIN;
  if (threads > 0) --threads;
  return real(thread, attributes, start, argument);
}
