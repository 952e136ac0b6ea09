#include "tools/sim/scenario/profile_shares.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string>

#include "core/events/format.h"
#include "core/near_name.h"

namespace rackcast::sim {
namespace {

constexpr double kShareMax = 1'000'000;

std::string unknown(std::string_view name) {
  NearName near(name);
  for (const Profile& profile : all_profiles()) near.consider(profile.name);
  std::string message = "there is no profile \"" + printable(name.substr(0, 60)) + "\"";
  if (!near.best().empty()) return message + "; did you mean \"" + std::string(near.best()) + "\"?";
  message += "; there are";
  for (const Profile& profile : all_profiles()) message += " " + std::string(profile.name);
  return message;
}

Result<ProfileShare> parse_one(std::string_view item) {
  const std::size_t equals = item.find('=');
  const std::string_view name = item.substr(0, equals);
  ProfileShare share{find_profile(name), 1};
  if (share.profile == nullptr) return fail(unknown(name));
  if (equals == std::string_view::npos) return share;
  const std::string_view weight = item.substr(equals + 1);
  const auto [end, error] = std::from_chars(weight.data(), weight.data() + weight.size(), share.share);
  const bool whole = error == std::errc() && end == weight.data() + weight.size();
  if (!whole || !(share.share > 0) || share.share > kShareMax)
    return fail("the share of " + std::string(name) + " must be a number above 0, at most 1000000");
  return share;
}

}  // namespace

Result<std::vector<ProfileShare>> parse_profile_shares(std::string_view text) {
  std::vector<ProfileShare> shares;
  while (true) {
    const std::size_t comma = text.find(',');
    auto share = parse_one(text.substr(0, comma));
    if (!share) return tl::make_unexpected(share.error());
    for (const ProfileShare& earlier : shares)
      if (earlier.profile == share->profile)
        return fail("profile " + std::string(share->profile->name) + " is given twice");
    if (shares.size() == kProfileSharesMax) return fail("more than 32 profiles");
    shares.push_back(*share);
    if (comma == std::string_view::npos) return shares;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::uint32_t> apportion(std::span<const ProfileShare> shares, std::uint32_t machines) {
  double sum = 0;
  for (const ProfileShare& share : shares) sum += share.share;
  std::vector<std::uint32_t> counts;
  std::vector<double> remainders;
  std::uint32_t given = 0;
  for (const ProfileShare& share : shares) {
    const double exact = machines * (share.share / sum);
    counts.push_back(std::min(static_cast<std::uint32_t>(exact), machines - given));
    remainders.push_back(exact - counts.back());
    given += counts.back();
  }
  std::vector<std::size_t> order(shares.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return remainders[a] > remainders[b]; });
  for (std::size_t i = 0; given < machines; ++given, i = (i + 1) % order.size()) ++counts[order[i]];
  return counts;
}

}  // namespace rackcast::sim
