// pxelinux.cfg/… (syslinux's doc/syslinux.txt describes it; U-Boot's extlinux.conf is the same with `fdt`).
#include <optional>

#include "tools/sim/machines/config_text.h"
#include "tools/sim/machines/loader_config.h"

namespace rackcast::sim {
namespace {

struct Entry {
  std::string_view label;
  std::string_view kernel;
  std::string_view initrd;
  std::string_view device_tree;
  std::optional<std::string_view> append;
  bool local_boot = false;
  bool menu_default = false;
};

struct File {
  std::string_view default_line;  // `default`: a label, or a command line
  std::string_view on_timeout;    // `ontimeout`, which beats it: nobody types at a rehearsal
  std::string_view global_append;
  std::vector<Entry> entries;
};

void read_line(std::string_view line, File& file) {
  const std::string_view key = next_word(line);
  Entry* entry = file.entries.empty() ? nullptr : &file.entries.back();
  if (is_word(key, "label")) {
    file.entries.push_back({.label = line});
  } else if (is_word(key, "default")) {
    file.default_line = line;
  } else if (is_word(key, "ontimeout")) {
    file.on_timeout = line;
  } else if (is_word(key, "append")) {
    if (entry != nullptr)
      entry->append = line;
    else
      file.global_append = line;
  } else if (entry == nullptr) {
    return;
  } else if (is_word(key, "kernel") || is_word(key, "linux")) {
    entry->kernel = line;
  } else if (is_word(key, "initrd")) {
    entry->initrd = line;
  } else if (is_word(key, "fdt") || is_word(key, "devicetree")) {
    entry->device_tree = line;
  } else if (is_word(key, "localboot")) {
    entry->local_boot = true;
  } else if (is_word(key, "menu") && is_word(next_word(line), "default")) {
    entry->menu_default = true;
  }
}

const Entry* find_entry(const File& file, std::string_view label) {
  for (const Entry& entry : file.entries)
    if (entry.label == label) return &entry;
  return nullptr;
}

// A menu program instead of a kernel: the entry it would mark is what boots.
bool is_module(std::string_view name) {
  return name.ends_with(".c32") || name.ends_with(".C32");
}

const Entry* chosen_entry(const File& file, std::string_view command) {
  if (const Entry* named = find_entry(file, command); named != nullptr && !is_module(named->kernel)) return named;
  for (const Entry& entry : file.entries)
    if (entry.menu_default) return &entry;
  return file.entries.empty() ? nullptr : &file.entries.front();
}

void add_initrds(std::string_view list, LoaderConfig& config) {
  while (!list.empty() && config.initrds.size() < kInitrdsMax) {
    const auto comma = std::min(list.find(','), list.size());
    if (comma > 0) config.initrds.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

ParsedConfig boot(std::string_view kernel, std::string_view initrd, std::string_view command_line) {
  LoaderConfig config;
  config.kernel = kernel;
  config.command_line = command_line.substr(0, kConfigValueBytesMax);
  if (initrd.empty()) {
    for (std::string_view rest = command_line; !rest.empty();)
      if (const std::string_view word = next_word(rest); word.starts_with("initrd=")) initrd = word.substr(7);
  }
  add_initrds(initrd, config);
  return config;
}

ParsedConfig boot_entry(const Entry& entry, std::string_view global_append) {
  if (entry.local_boot) return tl::make_unexpected("the default entry boots the local disk");
  if (entry.kernel.empty()) return tl::make_unexpected("the default entry names no kernel");
  std::string_view append = entry.append.value_or(global_append);
  if (append == "-") append = {};  // "nothing, not even the global one"
  ParsedConfig config = boot(entry.kernel, entry.initrd, append);
  config->device_tree = entry.device_tree;
  return config;
}

}  // namespace

ParsedConfig parse_pxelinux_config(std::string_view text) {
  File file;
  std::string_view line;
  for (std::size_t count = 0; count < kConfigLinesMax && next_line(text, line); ++count) {
    line = trimmed(line);
    if (!line.empty() && line.front() != '#') read_line(line.substr(0, kConfigValueBytesMax), file);
  }
  std::string_view command = file.on_timeout.empty() ? file.default_line : file.on_timeout;
  if (find_entry(file, command) == nullptr && !command.empty()) {
    // No label: a command line, "vmlinuz initrd=a ks=b", unless it names a label with more arguments or a menu.
    std::string_view arguments = command;
    const std::string_view first = next_word(arguments);
    if (const Entry* entry = find_entry(file, first); entry != nullptr) return boot_entry(*entry, file.global_append);
    if (!is_module(first)) return boot(first, {}, arguments);
  }
  const Entry* entry = chosen_entry(file, command);
  if (entry == nullptr) return tl::make_unexpected("no entry to boot");
  return boot_entry(*entry, file.global_append);
}

}  // namespace rackcast::sim
