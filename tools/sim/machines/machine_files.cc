// A machine's files, one after the other: which comes next, and what it means that one came or did not.
#include "tools/sim/machines/machine.h"
#include "tools/sim/machines/names.h"

namespace rackcast::sim {
namespace {

constexpr std::string_view kIpHex = "{ip-hex}";

// The server answered, and the answer was no.
bool is_answer(Failure failure) {
  return failure == Failure::kNotFound || failure == Failure::kRefused;
}

}  // namespace

// ---- what to ask for

// The boot server's root; base for names that nothing else is known of.
Location Machine::root() const {
  const net::Ipv4Address server = lease_.next_server.is_any() ? facts_.server : lease_.next_server;
  return {UrlScheme::kTftp, {server, net::UdpPort(facts_.tftp_port)}, {}};
}

std::string Machine::boot_file_name() const {
  if (uses_dhcp()) return lease_.boot_file;
  const bool by_script = step().kind == StepKind::kScript && !step().names.empty();
  if (!by_script && !facts_.boot_file.empty()) return facts_.boot_file;
  const std::string_view usual = by_script ? step().names.front() : profile_.boot_file;
  return filled_in(usual, {identity_, address_, facts_.server}, kIpHexDigits).value_or("");
}

bool Machine::begin_boot_file(Instant now) {
  const std::string name = boot_file_name();
  const auto location = resolve(name, root(), facts_);
  if (!location) {
    fail(now, name.empty() ? Failure::kNoBootFile : Failure::kBadConfiguration,
         name.empty() ? "an address, but no boot file" : "a boot file that cannot be asked for: " + name);
    return true;
  }
  base_ = *location;
  if (!lease_.path_prefix.empty()) base_ = resolve(lease_.path_prefix, root(), facts_).value_or(base_);
  return begin_file(now, *location, step().kind == StepKind::kScript);
}

// The template the next name is made of; empty when all were tried.
std::string_view Machine::next_template() {
  const bool asks_209 = step().dialect == ConfigDialect::kPxelinux && step().kind == StepKind::kLookups;
  const std::size_t first = asks_209 && !lease_.config_file.empty() ? 1 : 0;
  if (name_ < first) return lease_.config_file;
  const std::size_t index = name_ - first;
  return index < step().names.size() ? step().names[index] : std::string_view{};
}

bool Machine::begin_next_name(Instant now) {
  for (std::string_view name = next_template(); !name.empty(); name = next_template()) {
    const bool is_ip = name.find(kIpHex) != std::string_view::npos;
    if (is_ip && ip_digits_ == 0) ip_digits_ = kIpHexDigits;
    const NameFacts facts{identity_, address_, root().server.address.v4(), lease_.echoes_machine_id};
    const auto filled = name_ == 0 && name == lease_.config_file ? std::optional(std::string(name))
                                                                 : filled_in(name, facts, ip_digits_);
    if (is_ip) --ip_digits_;
    if (ip_digits_ == 0) ++name_;
    if (!filled) continue;
    if (const auto location = resolve(*filled, base_, facts_))
      return begin_file(now, *location, step().kind == StepKind::kLookups && step().dialect != ConfigDialect::kNone);
  }
  if (step().kind == StepKind::kFiles) return false;
  fail(now, Failure::kNoConfiguration,
       "none of the loader's names was found" + (current_.path.empty() ? "" : ", the last was " + display(current_)));
  return true;
}

bool Machine::begin_kernel(Instant now) {
  const auto location = resolve(config_.kernel, base_, facts_);
  if (location) return begin_file(now, *location, false);
  fail(now, Failure::kBadConfiguration,
       config_.kernel.empty() ? "no configuration names a kernel"
                              : "a kernel that cannot be asked for: " + config_.kernel);
  return true;
}

bool Machine::begin_next_initrd(Instant now) {
  const bool all = name_ > config_.initrds.size();
  const std::string& name = name_ < config_.initrds.size() ? config_.initrds[name_] : config_.device_tree;
  if (all || (name_ == config_.initrds.size() && name.empty())) return false;
  ++name_;
  if (const auto location = resolve(name, base_, facts_)) return begin_file(now, *location, false);
  fail(now, Failure::kBadConfiguration, "an initrd that cannot be asked for: " + name);
  return true;
}

bool Machine::begin_kickstart(Instant now) {
  const std::string url =
      facts_.kickstart.empty() ? std::string(kickstart_url(config_.command_line)) : facts_.kickstart;
  config_ = {};
  if (url.empty()) return false;
  enter(now, step().stage);
  const auto location = resolve(url, root(), facts_);
  if (!location || !looks_like_url(url)) {
    fail(now, Failure::kBadConfiguration, "a kickstart that cannot be asked for: " + url);
    return true;
  }
  kickstart_ = *location;
  return begin_file(now, *location, true);
}

bool Machine::begin_file(Instant now, const Location& location, bool keep_text) {
  current_ = location;
  if (current_.scheme == UrlScheme::kTftp)
    tftp_.start(now, world(), {*step().tftp, current_.server, current_.path, keep_text});
  else
    start_fetch(now, first_fetch(), current_, keep_text);
  return true;
}

// ---- what came

void Machine::on_tftp(Instant now, net::UdpPort to, const net::Endpoint& from, std::span<const std::byte> payload) {
  const PartStatus status = tftp_.on_datagram(now, world(), to, from, payload);
  if (status == PartStatus::kDone || status == PartStatus::kFailed) end_tftp(now, status);
}

void Machine::end_tftp(Instant now, PartStatus status) {
  if (status == PartStatus::kDone) {
    report_file(now, {.protocol = FileProtocol::kTftp,
                      .stage = stage_,
                      .server = tftp_.server(),
                      .path = tftp_.path(),
                      .bytes = tftp_.bytes(),
                      .digest = tftp_.digest(),
                      .took = tftp_.took(now),
                      .blocks_repeated = tftp_.blocks_repeated(),
                      .own_timeouts = tftp_.own_timeouts()});
    const std::string text = tftp_.take_text();
    end_file(now, {Failure::kNone, {}, text});
  } else if (status == PartStatus::kFailed) {
    const std::string detail = tftp_.detail();
    end_file(now, {tftp_.failure(), detail, {}});
  }
}

void Machine::report_file(Instant now, const FileReceived& file) {
  observer_.on_file(now, identity_.id, file);
}

void Machine::end_file(Instant now, const FileEnd& end) {
  if (is_answer(end.failure))
    observer_.on_incident(now, identity_.id,
                          end.failure == Failure::kNotFound ? Incident::kNotFound : Incident::kRefusal);
  const bool may_be_missing =
      step().kind == StepKind::kLookups || (step().kind == StepKind::kFiles && !step().required);
  if (end.failure != Failure::kNone && !(may_be_missing && is_answer(end.failure))) {
    fail(now, end.failure, display(current_) + ": " + std::string(end.detail));
    return;
  }
  switch (step().kind) {
    case StepKind::kFiles:
      if (!begin_next_name(now)) step_done(now);
      break;
    case StepKind::kLookups:
      end_lookup(now, end);
      break;
    case StepKind::kScript:
    case StepKind::kReread:
      end_configuration(now, end);
      break;
    case StepKind::kInitrd:
      if (!begin_next_initrd(now)) step_done(now);
      break;
    case StepKind::kKickstart:
      end_kickstart(now, end);
      break;
    default:
      step_done(now);
  }
}

void Machine::end_lookup(Instant now, const FileEnd& end) {
  if (end.failure != Failure::kNone) {
    (void)begin_next_name(now);  // it waits for the next, or has failed
  } else if (step().dialect == ConfigDialect::kNone) {
    found_ = current_;  // a later step reads it
    step_done(now);
  } else {
    end_configuration(now, end);
  }
}

LoaderVariables Machine::variables() const {
  const std::string address(address_.text().view());
  const std::string server(root().server.address.text().view());
  const std::string mac = mac_text(identity_.mac, ':');
  const std::string folder = base_.path.substr(0, base_.path.find_last_of("/\\") + 1);
  return {
      {"mac", mac},
      {"mac:hexhyp", mac_text(identity_.mac, '-')},
      {"ip", address},
      {"uuid", uuid_text(identity_)},
      {"next-server", server},
      {"filename", lease_.boot_file},
      {"buildarch", profile_.arch == dhcp4::ClientArch::kEfiArm64 ? "arm64" : "x86_64"},
      {"platform", profile_.arch == dhcp4::ClientArch::kBios ? "pcbios" : "efi"},
      {"net_default_mac", mac},
      {"net_default_ip", address},
      {"net_default_server", server},
      {"prefix", folder.empty() ? folder : folder.substr(0, folder.size() - 1)},
  };
}

void Machine::end_configuration(Instant now, const FileEnd& end) {
  auto parsed = parse_loader_config(step().dialect, end.text, variables());
  if (!parsed) {
    fail(now, Failure::kBadConfiguration, display(current_) + ": " + std::string(parsed.error()));
    return;
  }
  if (step().dialect == ConfigDialect::kIpxe) base_ = current_;  // a script's names are beside the script
  if (!parsed->chain.empty()) {
    const auto location = resolve(parsed->chain, base_, facts_);
    if (location && chains_++ < kChainsMax) {
      (void)begin_file(now, *location, true);
    } else {
      fail(now, Failure::kBadConfiguration, "a script that cannot be chained to: " + parsed->chain);
    }
    return;
  }
  config_ = std::move(*parsed);
  step_done(now);
}

void Machine::end_kickstart(Instant now, const FileEnd& end) {
  if (const std::string_view tree = install_url(end.text); !tree.empty())
    packages_ = resolve(tree, kickstart_, facts_).value_or(Location{});
  step_done(now);
}

}  // namespace rackcast::sim
