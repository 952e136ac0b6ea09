// grub.cfg, as far as it decides what is booted: menu entries, `set`, `linux` and `initrd`. Not a shell: statements
// between `if` and `fi` at the top level are passed over (they set up screens and fonts), inside an entry they count.
#include <charconv>
#include <optional>

#include "tools/sim/machines/config_text.h"
#include "tools/sim/machines/loader_config.h"

namespace rackcast::sim {
namespace {

constexpr std::size_t kEntriesMax = 512;
constexpr int kTopLevel = -1;

struct Entry {
  int parent = kTopLevel;  // the submenu it stands in
  int ordinal = 0;         // among its parent's
  bool is_submenu = false;
  std::string title;
  std::string id;
  LoaderConfig config;
};

struct Command {
  std::vector<std::string> words;
  bool opens = false;   // ended by '{'
  bool closes = false;  // a '}'
};

bool is_name_character(char c) {
  c = lower_case(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// Words and commands of the script, variables filled in as they are at that point.
class Reader {
 public:
  Reader(std::string_view text, const LoaderVariables& variables) : rest_(text), variables_(variables) {}

  bool next(Command& command) {
    command = {};
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '\n' || c == ';') {
        rest_.remove_prefix(1);
        if (!command.words.empty()) return true;
      } else if (kBlanks.find(c) != std::string_view::npos) {
        rest_.remove_prefix(1);
      } else if (rest_.starts_with("\\\n")) {  // the command goes on in the next line
        rest_.remove_prefix(2);
      } else if (c == '#') {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (c == '{' || c == '}') {
        if (c == '}' && !command.words.empty()) return true;  // it is a command of its own, next
        rest_.remove_prefix(1);
        command.opens = c == '{';
        command.closes = c == '}';
        return true;
      } else {
        command.words.push_back(word());
      }
    }
    return !command.words.empty();
  }

  void set(std::string_view name, std::string value) {
    for (auto& [known, old] : own_) {
      if (known != name) continue;
      old = std::move(value);
      return;
    }
    if (own_.size() < kEntriesMax) own_.emplace_back(name, std::move(value));
  }

  [[nodiscard]] std::string_view value(std::string_view name) const {
    for (const auto& [known, value] : own_)
      if (known == name) return value;
    for (const auto& [known, value] : variables_)
      if (known == name) return value;
    return {};
  }

 private:
  std::string word() {
    std::string out;
    char quote = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (quote == 0 && (c == '\n' || c == ';' || c == '{' || c == '}' || kBlanks.find(c) != std::string_view::npos))
        break;
      rest_.remove_prefix(1);
      if (c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
      } else if (c == '\\' && quote != '\'' && !rest_.empty()) {
        if (rest_.front() != '\n') out += rest_.front();
        rest_.remove_prefix(1);
      } else if (c == '$' && quote != '\'') {
        out += variable();
      } else {
        out += c;
      }
      if (out.size() > kConfigValueBytesMax) out.resize(kConfigValueBytesMax);
    }
    return out;
  }

  // Behind the '$'.
  std::string_view variable() {
    const bool braced = rest_.starts_with('{');
    if (braced) rest_.remove_prefix(1);
    std::size_t size = 0;
    while (size < rest_.size() && is_name_character(rest_[size])) ++size;
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (braced && rest_.starts_with('}')) rest_.remove_prefix(1);
    return value(name);
  }

  std::string_view rest_;
  const LoaderVariables& variables_;
  std::vector<std::pair<std::string, std::string>> own_;
};

bool is_boot_command(std::string_view word, std::string_view name) {
  return word == name ||
         (word.starts_with(name) && (word.substr(name.size()) == "efi" || word.substr(name.size()) == "16"));
}

void take_boot_command(const std::vector<std::string>& words, LoaderConfig& config) {
  if (words.size() < 2) return;
  if (is_boot_command(words[0], "linux")) {
    config.kernel = words[1];
    config.command_line.clear();
    for (std::size_t i = 2; i < words.size() && config.command_line.size() < kConfigValueBytesMax; ++i)
      config.command_line.append(i == 2 ? "" : " ").append(words[i]);
  } else if (is_boot_command(words[0], "initrd")) {
    config.initrds.clear();
    for (std::size_t i = 1; i < words.size() && config.initrds.size() < kInitrdsMax; ++i)
      if (!words[i].starts_with("--")) config.initrds.push_back(words[i]);
  } else if (words[0] == "devicetree") {
    config.device_tree = words[1];
  }
}

class Interpreter {
 public:
  Interpreter(std::string_view text, const LoaderVariables& variables) : reader_(text, variables) {}

  ParsedConfig run() {
    Command command;
    for (std::size_t count = 0; count < kConfigLinesMax && reader_.next(command); ++count) take(command);
    const Entry* chosen = chosen_entry();
    const LoaderConfig& config = chosen == nullptr ? direct_ : chosen->config;
    if (config.kernel.empty())
      return tl::make_unexpected(chosen == nullptr ? "no menu entry and no linux command"
                                                   : "the default menu entry names no kernel");
    return config;
  }

 private:
  void take(const Command& command) {
    const std::string_view name = command.words.empty() ? std::string_view{} : std::string_view(command.words[0]);
    if (command.closes) {
      if (!blocks_.empty()) blocks_.pop_back();
    } else if (command.opens && (name == "menuentry" || name == "submenu")) {
      open_entry(command);
    } else if (command.opens) {
      blocks_.push_back(here());  // a function's body, for one
    } else if (name == "if") {
      ++conditions_;
    } else if (name == "fi") {
      conditions_ = std::max(conditions_ - 1, 0);
    } else if (conditions_ == 0 || here() != kTopLevel) {
      execute(command.words);
    }
  }

  void execute(const std::vector<std::string>& words) {
    const int entry = here();
    if (words[0] == "set" && words.size() > 1) {
      const auto equals = words[1].find('=');
      if (equals != std::string::npos && !reads_submenu_or_entry(entry))
        reader_.set(std::string_view(words[1]).substr(0, equals), words[1].substr(equals + 1));
      return;
    }
    take_boot_command(words, entry == kTopLevel ? direct_ : entries_[static_cast<std::size_t>(entry)].config);
  }

  // An entry's own variables are set when it boots, which is after `default` was looked at.
  [[nodiscard]] bool reads_submenu_or_entry(int entry) const {
    return entry != kTopLevel && entries_[static_cast<std::size_t>(entry)].is_submenu;
  }

  void open_entry(const Command& command) {
    if (entries_.size() == kEntriesMax) {
      blocks_.push_back(here());
      return;
    }
    Entry entry;
    entry.parent = here();
    entry.is_submenu = command.words[0] == "submenu";
    for (const Entry& other : entries_)
      if (other.parent == entry.parent) ++entry.ordinal;
    if (command.words.size() > 1) entry.title = command.words[1];
    for (std::size_t i = 2; i < command.words.size(); ++i) {
      const std::string& word = command.words[i];
      if (word == "--id" && i + 1 < command.words.size()) entry.id = command.words[i + 1];
      if (word.starts_with("--id=")) entry.id = word.substr(5);
    }
    entries_.push_back(std::move(entry));
    blocks_.push_back(static_cast<int>(entries_.size()) - 1);
  }

  [[nodiscard]] int here() const { return blocks_.empty() ? kTopLevel : blocks_.back(); }

  [[nodiscard]] static bool answers_to(const Entry& entry, std::string_view name) {
    int number = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && end == name.data() + name.size()) return entry.ordinal == number;
    return name == entry.title || name == entry.id;
  }

  // "1>0", "title", "id": each part one level down; what it does not tell is the first of its level.
  [[nodiscard]] const Entry* chosen_entry() const {
    std::string_view wanted = reader_.value("default");
    int level = kTopLevel;
    for (std::size_t depth = 0; depth <= entries_.size(); ++depth) {
      const std::string_view part = wanted.substr(0, wanted.find('>'));
      wanted.remove_prefix(std::min(part.size() + 1, wanted.size()));
      const int found = in_level(level, part);
      if (found == kTopLevel) return nullptr;
      const Entry& entry = entries_[static_cast<std::size_t>(found)];
      if (!entry.is_submenu) return &entry;
      level = found;
    }
    return nullptr;
  }

  [[nodiscard]] int in_level(int level, std::string_view name) const {
    int first = kTopLevel;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].parent != level) continue;
      if (!name.empty() && answers_to(entries_[i], name)) return static_cast<int>(i);
      if (first == kTopLevel) first = static_cast<int>(i);
    }
    return first;
  }

  Reader reader_;
  LoaderConfig direct_;  // commands outside any entry
  std::vector<Entry> entries_;
  std::vector<int> blocks_;  // the entry each open brace belongs to
  int conditions_ = 0;
};

}  // namespace

ParsedConfig parse_grub_config(std::string_view text, const LoaderVariables& variables) {
  return Interpreter(text, variables).run();
}

}  // namespace rackcast::sim
