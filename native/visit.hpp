// One caller at a time.
#pragma once

#include "engine.hpp"

namespace clarinet {

// Notes the caller's action before anything changes, so that a process that is forked meanwhile knows it.
class Engine::Visit {
 public:
  Visit(Engine& engine, Use use) : team(engine.team()), engine_(engine), lock_(team.mutex) { engine_.use_.exchange(use); }
  ~Visit() { engine_.use_.exchange(Use::none); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  Team& team;

 private:
  Engine& engine_;
  const std::lock_guard<std::mutex> lock_;
};

}  // namespace clarinet
