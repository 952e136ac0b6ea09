// Domain names as DNS encodes them (RFC 1035 §3.1), several with compression among themselves (RFC 3397 §2). Private
// to core/policy. Configuration time only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rackcast::rules_detail {

inline constexpr std::size_t kLabelBytesMax = 63;
inline constexpr std::size_t kDomainNameBytesMax = 255;  // encoded

// Appends names to a value. Pointers of compressed ones count from where the list begins.
class DomainListWriter {
 public:
  DomainListWriter(std::string& out, bool compressed) : out_(out), start_(out.size()), compressed_(compressed) {}
  // False: not a domain name; nothing was appended.
  [[nodiscard]] bool add(std::string_view name);

 private:
  struct Known {
    std::string name;  // in lower case, from a label on
    std::size_t at = 0;
  };
  [[nodiscard]] std::optional<std::size_t> find(std::string_view tail) const;

  std::string& out_;
  std::size_t start_;
  bool compressed_;
  std::vector<Known> known_;
};

// The names in a value; nullopt: it is none, or a name has characters that would need escapes.
[[nodiscard]] std::optional<std::vector<std::string>> read_domain_list(std::string_view value);

}  // namespace rackcast::rules_detail
