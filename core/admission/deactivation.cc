#include "core/admission/deactivation.h"

#include <array>
#include <charconv>

namespace rackcast {

Deactivation::Sentence Deactivation::began_sentence(std::string_view service) const {
  std::array<char, 10> digits;
  const auto number = std::to_chars(digits.begin(), digits.end(), wait_seconds_);
  Sentence sentence("Deactivating service ");
  (void)sentence.append(service);
  (void)sentence.append(" due to excessive incoming connections.  Restarting in ");
  (void)sentence.append({digits.data(), static_cast<std::size_t>(number.ptr - digits.data())});
  (void)sentence.append(" seconds.");
  return sentence;
}

Deactivation::Sentence Deactivation::ended_sentence(std::string_view service) {
  Sentence sentence("Activating service ");
  (void)sentence.append(service);
  return sentence;
}

}  // namespace rackcast
