// A run that never was: machines walk their stages through a Recorder at made-up times, so that verdict, table, JSON
// and report have something to show. The same arguments, the same record.
#pragma once

#include <string>
#include <vector>

#include "tools/sim/machines/random.h"
#include "tools/sim/verdict/recorder.h"

namespace rackcast::sim::testing_verdict {

using namespace std::chrono_literals;

inline RunPlan plan_of(std::uint32_t machines, const char* scenario = "boot_storm") {
  return make_plan({.name = scenario, .clients = machines, .seed = 7}).plan;
}

inline FileReceived file(std::string_view path, std::uint64_t bytes, std::uint64_t digest,
                         FileProtocol protocol = FileProtocol::kTftp) {
  FileReceived received;
  received.protocol = protocol;
  received.path = path;
  received.bytes = bytes;
  received.digest = digest;
  return received;
}

struct SampleShape {
  std::uint32_t machines = 100;
  std::uint32_t failing_every = 0;  // every n-th machine gives up in its initrd; 0: none
  std::uint32_t refused_every = 0;
  std::uint64_t image_bytes = 60'000'000;
};

// Events of all machines in the order of time, as an engine would report them.
inline RunRecord sample_run(const SampleShape& shape) {
  struct Event {
    Instant at;
    std::uint32_t machine;
    int step;
  };
  const RunPlan plan = plan_of(shape.machines);
  Recorder recorder(plan, "10.99.0.1", false, nullptr);
  Random random(11);
  std::vector<Event> events;
  const auto jitter = [&](std::int64_t milliseconds) {
    return Span(std::chrono::milliseconds(random.below(static_cast<std::uint64_t>(milliseconds))));
  };
  for (std::uint32_t i = 0; i < shape.machines; ++i) {
    Instant at = plan.machines[i].power_on;
    for (int step = static_cast<int>(Stage::kDhcp); step <= static_cast<int>(Stage::kDone); ++step) {
      events.push_back({at, i, step});
      const bool heavy = step == static_cast<int>(Stage::kInitrd) || step == static_cast<int>(Stage::kPackages);
      at += heavy ? 4s + jitter(9000) + Span(i * 1ms) : 300ms + jitter(700);
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  std::vector<bool> failed(shape.machines);
  Instant last{};
  for (const Event& event : events) {
    const MachineId id(event.machine);
    if (failed[event.machine]) continue;
    last = event.at;
    const auto stage = static_cast<Stage>(event.step);
    if (stage == Stage::kKickstart && shape.failing_every > 0 && event.machine % shape.failing_every == 0) {
      failed[event.machine] = true;
      recorder.on_failure(event.at, id, Failure::kTimeout, "initrd.img: silence after block 4711");
      continue;
    }
    recorder.on_stage(event.at, id, stage);
    if (stage == Stage::kKickstart || stage == Stage::kDone) recorder.on_bytes(event.at, id, shape.image_bytes);
    if (stage == Stage::kKernel && event.machine % 3 == 0) recorder.on_incident(event.at, id, Incident::kRetransmit);
    if (stage == Stage::kConfig) recorder.on_incident(event.at, id, Incident::kNotFound);
    if (stage == Stage::kPackages && shape.refused_every > 0 && event.machine % shape.refused_every == 0)
      recorder.on_incident(event.at, id, Incident::kRefusal);
  }
  RunRecord record = recorder.finish(last + 500ms);
  record.simulator_cpu_seconds = 3.5;
  record.server_cpu_seconds = 8.25;
  return record;
}

}  // namespace rackcast::sim::testing_verdict
