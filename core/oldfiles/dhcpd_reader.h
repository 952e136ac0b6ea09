// Reads the declarations of a dhcpd.conf into a DhcpConfig: subnet, shared-network, pool, group, host, class, subclass
// and what may stand in them, includes followed. Statements are core/policy's (rule_parser.h). Part of the import
// (dhcpd_import.h). Total: any bytes; every error is told, with file, line and column. Blocking; off the data path.
//
// A scope of the file is a Scope here. What a group says holds for what is declared in it, wherever in it: its rules
// are put in front of theirs when it closes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/oldfiles/import_report.h"
#include "core/oldfiles/old_files_host.h"
#include "core/policy/rule_parser.h"
#include "core/policy/token_values.h"

namespace rackcast::dhcpd_detail {

inline constexpr std::size_t kFileBytesMax = std::size_t{64} << 20U;  // of one file; generated ones are large
inline constexpr std::size_t kTotalBytesMax = std::size_t{128} << 20U;
inline constexpr std::size_t kScopeNestingMax = 32;

enum class ScopeKind : std::uint8_t { kGlobal, kSharedNetwork, kSubnet, kPool, kGroup, kHost, kClass };

// A range or a fixed address, and where it stands.
struct PlacedRange {
  AddressRange range;
  bool bootp = false;
  FilePlace at;
};
struct PlacedPool {
  std::vector<PlacedRange> ranges;
  std::vector<Permit> allow;
  std::vector<Permit> deny;
  Rules rules;
  FilePlace at;
};

struct Scope {
  Scope(ScopeKind its_kind, const Scope* outer, const Token& its_open, TokenStream& tokens, RuleParseContext& context,
        std::vector<RuleProblem>& problems)
      : kind(its_kind), rules(tokens, context, problems), open(its_open) {
    if (outer == nullptr) return;
    network = outer->network;
    subnet = outer->subnet;
  }

  ScopeKind kind;
  RuleParser rules;
  Token open;                          // its first word
  std::optional<std::size_t> network;  // the shared network it is in, of the configuration's
  std::optional<net::Ipv4Prefix> subnet;
  PlacedPool* pool = nullptr;          // kPool
  HostConfig* host = nullptr;          // kHost
  bool deleted = false;                // kHost, and a kGroup of dhcpd.leases
  Rules host_group;                    // kHost: what `group "NAME";` refers to
  std::size_t class_number = 0;        // kClass
  SubclassConfig* subclass = nullptr;  // of a subclass's block
  std::vector<PlacedRange> ranges;     // kSubnet: outside pools
  std::vector<PlacedPool> pools;       // kSubnet, kSharedNetwork
};

struct ReadFile {
  DhcpConfig dhcp;
  std::string leases_file;  // lease-file-name; "" = the file names none
};

class DhcpdReader {
 public:
  DhcpdReader(OldFilesHost& host, ImportReport& report);

  // `leases_file`: "" = where the file or custom has it; the hosts in it are read, too. The result means something only
  // when the report has no error.
  [[nodiscard]] ReadFile read(const std::string& path, const std::string& leases_file);

 private:
  struct Word {
    std::string_view word;
    std::uint32_t scopes;  // bits by ScopeKind
    bool (DhcpdReader::*take)(Scope&);
    std::string_view where;  // "in a subnet or a shared network"
  };
  static const Word kWords[];

  // --- dhcpd_reader.cc
  void read_scope(Scope& scope);
  void read_entry(Scope& scope);
  void read_statement(Scope& scope);
  void skip_server_space();
  [[nodiscard]] Scope inner(ScopeKind kind, const Scope& outer, const Token& open) {
    return {kind, &outer, open, tokens_, context_, problems_};
  }
  // '{', the scope, '}'. False: there was no '{' (reported, skipped).
  bool read_block(Scope& scope);
  bool read_group(Scope& scope);
  bool read_group_of_host(Scope& scope);
  bool without_effect(Scope& scope);
  bool read_lease_file_name(Scope& scope);
  [[nodiscard]] Result<std::string> read_file(const std::string& path);
  std::optional<std::string> take_name();  // a string or a host name
  bool wrong(const std::string& message);  // told at the next token; the statement is skipped. Always true.
  bool finish(Scope& scope);               // the ';'; false: it is not there (reported, skipped)
  [[nodiscard]] FilePlace place(const Token& token);
  void tell(ImportKind kind, const Token& at, std::string_view subject, std::string message);
  void hand_over_problems();

  // --- dhcpd_networks.cc
  bool read_subnet(Scope& scope);
  bool read_shared_network(Scope& scope);
  bool read_pool(Scope& scope);
  bool read_range(Scope& scope);
  bool read_permit(Scope& scope);
  bool read_failover(Scope& scope);
  std::optional<Permit> take_permit(Scope& scope);
  void place_ranges(std::size_t subnet, std::vector<PlacedRange>& ranges);
  void place_pool(PlacedPool& pool, std::span<const std::size_t> subnets);
  void check_ranges();

  // --- dhcpd_clients.cc
  bool read_host(Scope& scope);
  bool read_hardware(Scope& scope);
  bool read_fixed_address(Scope& scope);
  bool read_client_identifier(Scope& scope);
  bool read_host_option(Scope& scope);
  bool read_host_identifier(Scope& scope);
  bool read_host_flag(Scope& scope);
  bool read_class(Scope& scope);
  bool read_subclass(Scope& scope);
  bool read_match(Scope& scope);
  bool read_spawn(Scope& scope);
  bool read_lease_limit(Scope& scope);
  std::optional<std::vector<std::byte>> take_octets_or_string();
  void keep_host(Scope& scope, const Token& at);
  // "": it is in the configuration; else why not.
  [[nodiscard]] std::string put_host(HostConfig host, const FilePlace& at);
  void check_hosts();

  // --- dhcpd_dynamic_hosts.cc
  [[nodiscard]] std::string leases_by_custom();
  void read_leases_file();
  void read_dynamic(const std::string& path, std::string text);
  void skip_lease();
  void add_reserved(const std::string& path, const std::string& text);
  void delete_host(const std::string& name, const Token& at);
  void drop_gone();

  OldFilesHost& host_;
  ImportReport& report_;
  TokenStream tokens_;
  std::shared_ptr<OptionCatalog> catalog_;
  std::vector<std::string> variables_;
  RuleParseContext context_;
  std::vector<RuleProblem> problems_;
  std::vector<std::shared_ptr<const std::string>> files_;  // by the stream's numbers
  std::size_t bytes_ = 0;
  std::size_t depth_ = 0;
  ReadFile file_;
  std::map<std::string, std::uint16_t, std::less<>> class_numbers_;
  std::vector<FilePlace> subnet_places_;
  std::vector<FilePlace> host_places_;
  std::map<std::string, std::size_t, std::less<>> host_numbers_;  // by name
  std::vector<bool> gone_;                                        // hosts that the leases file deletes
  std::optional<std::size_t> first_dynamic_;                      // the first host of the leases file, once it is read
  std::map<std::string, Rules, std::less<>> named_groups_;
  std::vector<PlacedRange> placed_;  // every range, for the check across them
};

constexpr std::uint32_t scope_bit(ScopeKind kind) {
  return 1U << static_cast<unsigned>(kind);
}

}  // namespace rackcast::dhcpd_detail
