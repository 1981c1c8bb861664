#include "unlocked.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include "pool.hpp"

namespace clarinet {
namespace {

std::atomic<bool> ending{false};
std::atomic<int> returning{0};  // threads that are past the question whether the interpreter ends
std::atomic<std::thread::id> last_thread;
const uint32_t born = fork_generation();  // in a forked child no other thread is returning, whatever the number

}  // namespace

void Unlocked::lock() {
  returning.fetch_add(1);
  if (ending.load() && last_thread.load() != std::this_thread::get_id()) {
    returning.fetch_sub(1);
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
  PyEval_RestoreThread(state_);
  returning.fetch_sub(1);
}

// No signal handler runs here, while a caller has exclusive use of the engine: the signal is put back.
bool Unlocked::interrupted() {
  lock();
  const bool found = PyOS_InterruptOccurred() != 0;
  if (found) PyErr_SetInterrupt();
  state_ = PyEval_SaveThread();
  return found;
}

void interpreter_ends() {
  last_thread.store(std::this_thread::get_id());
  ending.store(true);
  PyThreadState* state = PyEval_SaveThread();
  while (returning.load() > 0 && fork_generation() == born) std::this_thread::yield();
  PyEval_RestoreThread(state);
}

}  // namespace clarinet
