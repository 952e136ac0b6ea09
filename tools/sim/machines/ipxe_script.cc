// iPXE scripts (ipxe.org/scripting), as far as they decide what is booted: set, isset, iseq, goto, choose's default,
// kernel, initrd, chain, boot. Any other command is taken to succeed. Jumps are bounded, so that every script ends.
#include <optional>

#include "tools/sim/machines/config_text.h"
#include "tools/sim/machines/loader_config.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kJumpsMax = 64;
constexpr std::size_t kVariablesMax = 256;

class Interpreter {
 public:
  Interpreter(std::string_view text, const LoaderVariables& variables) : text_(text), rest_(text) {
    for (const auto& [name, value] : variables) own_.emplace_back(name, value);
  }

  ParsedConfig run() {
    std::string_view line;
    if (!next_line(rest_, line) || (trimmed(line) != "#!ipxe" && trimmed(line) != "#!gpxe"))
      return tl::make_unexpected("a script that does not begin with #!ipxe");
    for (std::size_t count = 0; count < kConfigLinesMax && !ended_ && next_line(rest_, line); ++count) {
      line = trimmed(line.substr(0, kConfigValueBytesMax));
      if (!line.empty() && line.front() != '#' && line.front() != ':') run_line(line);
    }
    if (config_.kernel.empty() && config_.chain.empty())
      return tl::make_unexpected(jumps_ > kJumpsMax ? "a script that jumps for ever" : "the script names no kernel");
    return config_;
  }

 private:
  // "a && b || c": each runs or not by how the one before went.
  void run_line(std::string_view rest) {
    bool success = true;
    bool runs = true;
    while (!rest.empty() && !ended_) {
      const auto both = rest.find("&&");
      const auto either = rest.find("||");
      const auto end = std::min({both, either, rest.size()});
      if (runs) success = run_command(expanded(trimmed(rest.substr(0, end))));
      runs = end == both ? success : !success;
      rest.remove_prefix(std::min(end + 2, rest.size()));
    }
  }

  bool run_command(const std::string& command) {
    std::string_view rest = command;
    const std::string_view name = next_word(rest);
    if (name == "set") return set(rest);
    if (name == "isset") return !rest.empty();
    if (name == "iseq") return is_equal(rest);
    if (name == "goto") return go_to(next_word(rest));
    if (name == "choose") return choose(rest);
    if (name == "kernel" || name == "linux" || name == "imgselect") return take_kernel(rest);
    if (name == "initrd" || name == "module" || name == "imgfetch" || name == "imgmultiboot") return take_initrd(rest);
    if (name == "chain" || name == "imgexec") return chain(rest);
    if (name == "boot" || name == "exit" || name == "sanboot" || name == "shell" || name == "reboot") {
      if (name == "boot" && !rest.empty() && config_.kernel.empty()) take_kernel(rest);
      ended_ = true;
    }
    return true;
  }

  static bool is_equal(std::string_view rest) {
    const std::string_view first = next_word(rest);
    return first == rest;
  }

  // Options come first: "--name x", "-n x", "--timeout n", "-t n" have a value, others none.
  static std::string_view file_argument(std::string_view& rest) {
    std::string_view word = next_word(rest);
    while (word.starts_with('-')) {
      if (word == "--name" || word == "-n" || word == "--timeout" || word == "-t") (void)next_word(rest);
      word = next_word(rest);
    }
    return word;
  }

  bool take_kernel(std::string_view rest) {
    config_.kernel = file_argument(rest);
    config_.command_line = rest;
    return true;
  }

  bool take_initrd(std::string_view rest) {
    const std::string_view name = file_argument(rest);
    if (!name.empty() && config_.initrds.size() < kInitrdsMax) config_.initrds.emplace_back(name);
    return true;
  }

  bool chain(std::string_view rest) {
    const std::string_view name = file_argument(rest);
    if (config_.kernel.empty()) config_.chain = name;
    ended_ = true;
    return true;
  }

  bool choose(std::string_view rest) {
    std::string default_item;
    std::string_view target;
    while (!rest.empty()) {
      const std::string_view word = next_word(rest);
      if (word == "--default" || word == "-d")
        default_item = next_word(rest);
      else if (word == "--timeout" || word == "-t" || word == "--menu" || word == "-m" || word == "--key" ||
               word == "-k")
        (void)next_word(rest);
      else if (!word.starts_with('-'))
        target = word;
    }
    if (target.empty() || default_item.empty()) return false;
    assign(target, default_item);
    return true;
  }

  bool set(std::string_view rest) {
    const std::string_view name = next_word(rest);
    assign(name.substr(0, name.find(':')), std::string(rest));
    return true;
  }

  void assign(std::string_view name, std::string value) {
    for (auto& [known, old] : own_) {
      if (known != name) continue;
      old = std::move(value);
      return;
    }
    if (own_.size() < kVariablesMax) own_.emplace_back(name, std::move(value));
  }

  bool go_to(std::string_view label) {
    if (++jumps_ > kJumpsMax) {
      ended_ = true;
      return false;
    }
    std::string_view rest = text_;
    std::string_view line;
    while (next_line(rest, line)) {
      line = trimmed(line);
      if (!line.starts_with(':') || trimmed(line.substr(1)) != label) continue;
      rest_ = rest;
      return true;
    }
    ended_ = true;  // no such label: iPXE stops there
    return false;
  }

  // ${name}, ${name:type}; names may be built of others: ${base-${arch}}. From the innermost out.
  [[nodiscard]] std::string expanded(std::string_view line) const {
    std::string out(line);
    for (std::size_t count = 0; count < kVariablesMax; ++count) {
      const auto first = out.find("${");
      const auto close = first == std::string::npos ? first : out.find('}', first);
      if (close == std::string::npos) break;
      const auto open = out.rfind("${", close);
      const std::string name = out.substr(open + 2, close - open - 2);
      const std::string_view value = lookup(name);
      if (out.size() + value.size() > kConfigValueBytesMax) break;
      out.replace(open, close + 1 - open, value);
    }
    return out;
  }

  // "net0/mac", "mac:hexhyp" as they are known; then the plain name.
  [[nodiscard]] std::string_view lookup(std::string_view name) const {
    for (const auto& [known, value] : own_)
      if (known == name) return value;
    const auto slash = name.find('/');
    if (slash != std::string_view::npos) return lookup(name.substr(slash + 1));
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? std::string_view{} : lookup(name.substr(0, colon));
  }

  std::string_view text_;
  std::string_view rest_;
  std::vector<std::pair<std::string, std::string>> own_;
  LoaderConfig config_;
  std::size_t jumps_ = 0;
  bool ended_ = false;
};

}  // namespace

ParsedConfig parse_ipxe_script(std::string_view text, const LoaderVariables& variables) {
  return Interpreter(text, variables).run();
}

}  // namespace rackcast::sim
