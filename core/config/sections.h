// The parts of the parser, one function a section. Each reports into the reader's problem list and fills what it could
// read; the caller throws the result away when there was an error.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/config/node.h"
#include "core/config/problem.h"

namespace rackcast::config_detail {

// The table of [section], null when absent or of the wrong shape (reported). `parent` holds it under `name`.
[[nodiscard]] const Node* table_section(const Node& parent, std::string_view name, std::string_view full,
                                        ProblemList& problems);
// The tables of [[section]], at most `count_max` (more is an error).
[[nodiscard]] std::vector<const Node*> array_section(const Node& parent, std::string_view name, std::string_view full,
                                                     std::size_t count_max, ProblemList& problems);

// `dhcp` is the [dhcp] table. The answer has mode kOff when the file says so; the caller drops it then.
[[nodiscard]] DhcpConfig read_dhcp(const Node& dhcp, ProblemList& problems);

// Parts of it, each in its own file.
class PolicyReader;
class SectionReader;
inline constexpr std::size_t kPoolsMax = 1'024;     // of one subnet
inline constexpr std::size_t kMembersMax = 65'536;  // of one class
inline constexpr std::size_t kPxeItemsMax = 64;
inline constexpr std::array<std::string_view, 5> kPermitWords{"known-clients", "unknown-clients", "members of",
                                                              "dynamic-bootp-clients", "all-clients"};  // as PermitKind
[[nodiscard]] std::vector<ClassConfig> read_classes(const Node& dhcp, PolicyReader& policy, ProblemList& problems);
[[nodiscard]] std::optional<PxeConfig> read_pxe(const Node& dhcp, ProblemList& problems);
[[nodiscard]] std::vector<HostConfig> read_hosts(const Node& dhcp, const std::vector<SubnetConfig>& subnets,
                                                 PolicyReader& policy, ProblemList& problems);

// A warning where `file` does not fit the header's file field.
void warn_long_file(const SectionReader& reader, std::string_view name, Position at, std::string_view file);

[[nodiscard]] ServerConfig read_server(const Node& server, ProblemList& problems);
[[nodiscard]] TftpConfig read_tftp(const Node& tftp, ProblemList& problems);
inline constexpr std::array<const char*, 5> kTftpClassArchitectures{"bios", "efi32", "efi64", "arm32", "arm64"};
inline constexpr std::size_t kTftpClassesMax = 64;  // each request walks them
[[nodiscard]] TftpClassConfig read_tftp_class(const Node& table, ProblemList& problems);
[[nodiscard]] TftpNetworkConfig read_tftp_network(const Node& table, ProblemList& problems);
[[nodiscard]] HttpConfig read_http(const Node& http, ProblemList& problems);
[[nodiscard]] FtpConfig read_ftp(const Node& ftp, ProblemList& problems);
[[nodiscard]] BoardConfig read_board(const Node& board, ProblemList& problems);
[[nodiscard]] LogConfig read_log(const Node& log, ProblemList& problems);

}  // namespace rackcast::config_detail
