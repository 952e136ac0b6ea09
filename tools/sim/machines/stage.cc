#include "tools/sim/machines/stage.h"

#include <array>

namespace rackcast::sim {
namespace {

constexpr std::array<std::string_view, kStageCount> kStageNames{"off",    "dhcp",      "nbp",      "config", "kernel",
                                                                "initrd", "kickstart", "packages", "done"};

constexpr std::array<std::string_view, kFailureCount> kFailureNames{
    "none",
    "no offer",
    "no ack",
    "naked",
    "bad offer",
    "no boot file",
    "timeout",
    "not found",
    "no configuration",
    "bad configuration",
    "refused",
    "protocol",
    "wrong size",
    "endless",
    "wrong bytes",
    "connection lost",
    "run ended",
    "local",
};
static_assert(static_cast<std::size_t>(Stage::kDone) + 1 == kStageCount);
static_assert(static_cast<std::size_t>(Failure::kLocal) + 1 == kFailureCount);

}  // namespace

std::string_view stage_name(Stage stage) {
  const auto index = static_cast<std::size_t>(stage);
  return index < kStageCount ? kStageNames[index] : "?";
}

std::string_view failure_name(Failure failure) {
  const auto index = static_cast<std::size_t>(failure);
  return index < kFailureCount ? kFailureNames[index] : "?";
}

}  // namespace rackcast::sim
