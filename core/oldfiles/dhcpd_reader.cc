#include "core/oldfiles/dhcpd_reader.h"

#include <algorithm>

#include "core/oldfiles/dhcpd_defaults.h"

namespace rackcast::dhcpd_detail {
namespace {

constexpr std::uint32_t kGlobal = scope_bit(ScopeKind::kGlobal);
constexpr std::uint32_t kNetwork = scope_bit(ScopeKind::kSharedNetwork);
constexpr std::uint32_t kSubnet = scope_bit(ScopeKind::kSubnet);
constexpr std::uint32_t kPool = scope_bit(ScopeKind::kPool);
constexpr std::uint32_t kGroup = scope_bit(ScopeKind::kGroup);
constexpr std::uint32_t kHost = scope_bit(ScopeKind::kHost);
constexpr std::uint32_t kClass = scope_bit(ScopeKind::kClass);
constexpr std::uint32_t kOutside = kGlobal | kNetwork | kSubnet | kGroup;
constexpr std::uint32_t kAnywhere = ~0U;

constexpr std::string_view kNotInside = "outside hosts, classes and pools";

}  // namespace

const DhcpdReader::Word DhcpdReader::kWords[] = {
    {"subnet", kGlobal | kNetwork | kGroup, &DhcpdReader::read_subnet, "outside subnets, hosts and classes"},
    {"shared-network", kGlobal | kGroup, &DhcpdReader::read_shared_network, "outside networks, hosts and classes"},
    {"pool", kNetwork | kSubnet, &DhcpdReader::read_pool, "in a subnet or a shared-network"},
    {"range", kSubnet | kPool, &DhcpdReader::read_range, "in a subnet or a pool"},
    {"group", kOutside | kHost, &DhcpdReader::read_group, "outside classes and pools"},
    {"host", kOutside, &DhcpdReader::read_host, kNotInside},
    {"class", kOutside, &DhcpdReader::read_class, kNotInside},
    {"subclass", kOutside, &DhcpdReader::read_subclass, kNotInside},
    {"hardware", kHost, &DhcpdReader::read_hardware, "in a host"},
    {"fixed-address", kHost, &DhcpdReader::read_fixed_address, "in a host"},
    {"dhcp-client-identifier", kHost, &DhcpdReader::read_client_identifier, "in a host"},
    {"uid", kHost, &DhcpdReader::read_client_identifier, "in a host"},
    {"host-identifier", kHost, &DhcpdReader::read_host_identifier, "in a host"},
    {"dynamic", kHost | kGroup, &DhcpdReader::read_host_flag, "in a host"},
    {"static", kHost | kGroup, &DhcpdReader::read_host_flag, "in a host"},
    {"deleted", kHost | kGroup, &DhcpdReader::read_host_flag, "in a host"},
    {"option", kHost, &DhcpdReader::read_host_option, ""},
    {"allow", kPool, &DhcpdReader::read_permit, ""},
    {"deny", kPool, &DhcpdReader::read_permit, ""},
    {"match", kClass, &DhcpdReader::read_match, "in a class"},
    {"spawn", kClass, &DhcpdReader::read_spawn, "in a class"},
    {"lease", kClass, &DhcpdReader::read_lease_limit, "in a class"},
    {"failover", kGlobal | kPool, &DhcpdReader::read_failover, "outside every block, or in a pool"},
    {"no", kPool, &DhcpdReader::read_failover, ""},
    {"lease-file-name", kGlobal, &DhcpdReader::read_lease_file_name, "outside every block"},
    {"key", kAnywhere, &DhcpdReader::without_effect, ""},
    {"zone", kAnywhere, &DhcpdReader::without_effect, ""},
    {"omapi-port", kAnywhere, &DhcpdReader::without_effect, ""},
    {"omapi-key", kAnywhere, &DhcpdReader::without_effect, ""},
    {"interface", kNetwork | kSubnet, &DhcpdReader::without_effect, ""},
    {"subnet6", kAnywhere, &DhcpdReader::without_effect, ""},
    {"pool6", kAnywhere, &DhcpdReader::without_effect, ""},
    {"range6", kAnywhere, &DhcpdReader::without_effect, ""},
    {"prefix6", kAnywhere, &DhcpdReader::without_effect, ""},
    {"fixed-address6", kAnywhere, &DhcpdReader::without_effect, ""},
    {"fixed-prefix6", kAnywhere, &DhcpdReader::without_effect, ""},
    {"server-duid", kAnywhere, &DhcpdReader::without_effect, ""},
};

namespace {

// Why what `without_effect` skips has none, and what to do.
std::string_view reason_of(std::string_view word) {
  if (same_word(word, "key")) return "keys are for dynamic DNS and OMAPI, which are not served";
  if (same_word(word, "zone")) return "no dynamic DNS; let the name server know by other means";
  if (same_word(word, "omapi-port") || same_word(word, "omapi-key"))
    return "there is no OMAPI; change the file and reload (SIGHUP), which loses no lease";
  if (same_word(word, "interface")) return "networks are told apart by their addresses";
  return "only IPv4 is served";
}

}  // namespace

DhcpdReader::DhcpdReader(OldFilesHost& host, ImportReport& report)
    : host_(host), report_(report), catalog_(std::make_shared<OptionCatalog>()) {
  context_.catalog = catalog_.get();
  context_.variables = &variables_;
  context_.resolve = [this](std::string_view name) {
    std::vector<net::Ipv4Address> found;
    for (const net::IpAddress& address : host_.resolve(std::string(name)))
      if (address.is_v4()) found.push_back(address.v4());
    return found;
  };
  context_.class_number = [this](std::string_view name) -> std::optional<std::uint16_t> {
    const auto found = class_numbers_.find(name);
    return found == class_numbers_.end() ? std::nullopt : std::optional(found->second);
  };
  context_.read_file = [this](std::string_view file) { return read_file(std::string(file)); };
}

Result<std::string> DhcpdReader::read_file(const std::string& path) {
  auto text = host_.read(path, std::min(kFileBytesMax, kTotalBytesMax - bytes_));
  if (text) bytes_ += text->size();
  return text;
}

ReadFile DhcpdReader::read(const std::string& path, const std::string& leases_file) {
  auto text = read_file(path);
  if (!text) {
    report_.add(ImportKind::kError, {std::make_shared<const std::string>(path), 0, 0}, "", text.error().message);
    return {};
  }
  const Rules defaults = dhcpd_default_rules(context_);
  static_cast<void>(tokens_.open(path, std::move(*text)));
  Scope whole(ScopeKind::kGlobal, nullptr, tokens_.peek(), tokens_, context_, problems_);
  read_scope(whole);
  if (!leases_file.empty()) file_.leases_file = leases_file;
  if (file_.leases_file.empty()) file_.leases_file = leases_by_custom();
  file_.dhcp.rules = joined(defaults, whole.rules.take());
  if (!file_.leases_file.empty()) read_leases_file();
  check_ranges();
  check_hosts();
  file_.dhcp.catalog = catalog_;
  return std::move(file_);
}

// --- places and problems

FilePlace DhcpdReader::place(const Token& token) {
  while (files_.size() <= token.file)
    files_.push_back(std::make_shared<const std::string>(tokens_.file_name(static_cast<std::uint16_t>(files_.size()))));
  return {files_[token.file], token.line, token.column};
}

// What is wrong in a leases file spoils nothing else: the file is dhcpd's own, and nobody can mend it.
void DhcpdReader::tell(ImportKind kind, const Token& at, std::string_view subject, std::string message) {
  const bool in_leases = first_dynamic_ && kind == ImportKind::kError;
  report_.add(in_leases ? ImportKind::kNotHonoured : kind, place(at), subject, std::move(message));
}

void DhcpdReader::hand_over_problems() {
  for (RuleProblem& problem : problems_) {
    Token at;
    at.file = problem.file;
    at.line = problem.line;
    at.column = problem.column;
    tell(problem.kind == RuleProblemKind::kError ? ImportKind::kError : ImportKind::kNotHonoured, at, problem.subject,
         std::move(problem.message));
  }
  problems_.clear();
}

bool DhcpdReader::wrong(const std::string& message) {
  const Token& at = tokens_.peek();
  tell(ImportKind::kError, at, at.is_end() ? "" : at.text, at.is_end() ? message + "; the file ends here" : message);
  tokens_.skip_statement();
  return true;
}

bool DhcpdReader::finish(Scope& scope) {
  return scope.rules.parse_semicolon();
}

std::optional<std::string> DhcpdReader::take_name() {
  if (tokens_.peek().kind == TokenKind::kString) return std::string(tokens_.next().text);
  return take_host_name(tokens_);
}

// --- scopes

// To the '}' that closes it (not taken), or the end of the file.
void DhcpdReader::read_scope(Scope& scope) {
  const bool whole = scope.kind == ScopeKind::kGlobal;
  while (!tokens_.peek().is_end()) {
    if (!tokens_.peek().is_symbol("}")) {
      read_entry(scope);
    } else if (!whole) {
      return;
    } else {
      const Token brace = tokens_.next();
      tell(ImportKind::kError, brace, "}", "there is no block that it could close");
    }
  }
  if (!whole) tell(ImportKind::kError, scope.open, scope.open.text, "its block is not closed: \"}\" is missing");
}

bool DhcpdReader::read_block(Scope& scope) {
  if (!tokens_.take_symbol("{")) return !wrong("\"{\" is missing");
  if (depth_ == kScopeNestingMax) return !wrong("blocks are nested more than 32 deep");
  ++depth_;
  read_scope(scope);
  --depth_;
  const Token close = tokens_.peek();
  if (!tokens_.take_symbol("}")) return true;  // the end, told already
  if (close.file != scope.open.file)
    tell(ImportKind::kError, close, "}", "closes a block that another file opened; each file closes its own");
  return true;
}

void DhcpdReader::read_entry(Scope& scope) {
  const Token first = tokens_.peek();
  for (const Word& word : kWords) {
    if (!first.is_word(word.word)) continue;
    if ((word.scopes & scope_bit(scope.kind)) == 0) {
      if (word.where.empty()) break;  // a statement elsewhere
      static_cast<void>(wrong("is not allowed here: it stands " + std::string(word.where)));
      return hand_over_problems();
    }
    const bool taken = (this->*word.take)(scope);
    hand_over_problems();
    if (taken) return;
    break;
  }
  read_statement(scope);
}

// `supersede server.filename = "…";` is `filename = "…";`: dhcpd calls its parameters options of a space "server", and
// so do those that write its files (Foreman, OMAPI).
void DhcpdReader::skip_server_space() {
  const Token& verb = tokens_.peek();
  if (!verb.is_word("supersede") && !verb.is_word("option") && !verb.is_word("send")) return;
  if (!tokens_.peek(1).is_word("server") || !tokens_.peek(2).is_symbol(".")) return;
  const Token& parameter = tokens_.peek(3);
  if (catalog_->find_space("server") || find_parameter(parameter.text) == nullptr) return;
  for (int i = 0; i < 3; ++i) static_cast<void>(tokens_.next());
}

void DhcpdReader::read_statement(Scope& scope) {
  skip_server_space();
  const Token first = tokens_.peek();
  const std::string subject(first.text);
  context_.definitions_allowed = scope.kind == ScopeKind::kGlobal;
  scope.rules.parse_statement();
  const bool fine = problems_.empty();
  hand_over_problems();
  if (fine) tell(ImportKind::kHonoured, first, subject, same_word(subject, "include") ? "read in its place" : "rules");
}

// What is said in it holds for what it holds, the innermost group's last.
bool DhcpdReader::read_group(Scope& scope) {
  if (scope.kind == ScopeKind::kHost) return read_group_of_host(scope);
  const Token first = tokens_.next();
  std::optional<std::string> name;
  if (!tokens_.peek().is_symbol("{") && !(name = take_name())) return wrong("a name or \"{\" must follow");
  Scope group = inner(ScopeKind::kGroup, scope, first);
  DhcpConfig& dhcp = file_.dhcp;
  const std::size_t subnets = dhcp.subnets.size();
  const std::size_t networks = dhcp.networks.size();
  const std::size_t hosts = dhcp.hosts.size();
  std::vector<Rules> class_rules;
  for (const ClassConfig& made : dhcp.classes) class_rules.push_back(made.rules);
  if (!read_block(group)) return true;
  const Rules rules = group.rules.take();
  if (name && group.deleted)
    named_groups_.erase(*name);
  else if (name)
    named_groups_[*name] = rules;
  tell(ImportKind::kHonoured, first, "group", "what it says is said of each it holds");
  if (rules.empty()) return true;
  for (std::size_t i = networks; i < dhcp.networks.size(); ++i)
    dhcp.networks[i].rules = joined(rules, dhcp.networks[i].rules);
  for (std::size_t i = subnets; i < dhcp.subnets.size(); ++i) {
    const auto network = dhcp.subnets[i].network;
    if (!network || *network < networks) dhcp.subnets[i].rules = joined(rules, dhcp.subnets[i].rules);
  }
  for (std::size_t i = hosts; i < dhcp.hosts.size(); ++i) dhcp.hosts[i].rules = joined(rules, dhcp.hosts[i].rules);
  for (std::size_t i = class_rules.size(); i < dhcp.classes.size(); ++i)
    dhcp.classes[i].rules = joined(rules, dhcp.classes[i].rules);
  return true;
}

// `group "NAME";` in a host: it is in that group, which stands elsewhere.
bool DhcpdReader::read_group_of_host(Scope& scope) {
  const Token first = tokens_.next();
  const auto name = take_name();
  if (!name) return wrong("the name of a group must follow");
  if (!finish(scope)) return true;
  const auto known = named_groups_.find(*name);
  if (known == named_groups_.end()) {
    tell(ImportKind::kNotHonoured, first, "group", "there is no group of this name, or not yet");
    return true;
  }
  scope.host_group = known->second;
  tell(ImportKind::kHonoured, first, "group", "what it says is said of the host");
  return true;
}

bool DhcpdReader::without_effect(Scope&) {
  const Token first = tokens_.next();
  const std::string word(first.text);
  tell(ImportKind::kNotHonoured, first, word, std::string(reason_of(word)));
  tokens_.skip_statement();
  tokens_.take_symbol(";");  // BIND's way to close a key
  return true;
}

bool DhcpdReader::read_lease_file_name(Scope& scope) {
  const Token first = tokens_.next();
  if (tokens_.peek().kind != TokenKind::kString) return wrong("the path of a file must follow, in quotes");
  const std::string path(tokens_.next().text);
  if (path.empty() || path.front() != '/')
    tell(ImportKind::kNotHonoured, first, "lease-file-name", "is not an absolute path; name the file with --leases");
  else
    tell(ImportKind::kHonoured, first, "lease-file-name", "[dhcp] import_leases");
  if (!path.empty() && path.front() == '/') file_.leases_file = path;
  static_cast<void>(finish(scope));
  return true;
}

}  // namespace rackcast::dhcpd_detail
