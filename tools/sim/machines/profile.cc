#include "tools/sim/machines/profile.h"

#include <vector>

#include "tools/sim/machines/profiles/habits.h"

namespace rackcast::sim {

std::span<const Profile> all_profiles() {
  static const std::vector<Profile> kAll = [] {
    std::vector<Profile> all;
    for (const auto family : {habits::kBiosProfiles, habits::kEfiProfiles, habits::kBoardProfiles})
      all.insert(all.end(), family.begin(), family.end());
    return all;
  }();
  return kAll;
}

const Profile* find_profile(std::string_view name) {
  for (const Profile& profile : all_profiles())
    if (profile.name == name) return &profile;
  return nullptr;
}

}  // namespace rackcast::sim
