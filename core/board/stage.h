// The stages of a machine's way from power-on to installed, and what a requested path says about them. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rackcast {

// In the order a machine passes them; the board shows the furthest one reached in this boot.
enum class Stage : std::uint8_t {
  kDiscover,
  kOffer,
  kAck,
  kNbp,
  kConfig,
  kKernel,
  kInitrd,
  kKickstart,
  kPackages,
  kDone,
};
inline constexpr std::size_t kStages = 10;

// As the API and the page name them: "discover" … "done".
[[nodiscard]] std::string_view stage_name(Stage stage);
[[nodiscard]] std::optional<Stage> stage_named(std::string_view name);

// What a path is for. A path nobody knows has no stage: it counts as traffic, not as progress along the way.
struct PathClass {
  std::optional<Stage> stage;
  bool module = false;   // part of an NBP (c32, GRUB modules): fetching it does not mean that the firmware started over
  bool package = false;  // a package itself, not a list of packages
};

// `path`: normalised, relative to the root, any case. `boot_files`: the configured NBPs, which need not look like one.
[[nodiscard]] PathClass classify_path(std::string_view path, std::span<const std::string> boot_files);

}  // namespace rackcast
