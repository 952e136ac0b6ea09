// DHCPv4 option codes (RFC 2132 and later; IANA bootp-dhcp-parameters) that our code names. What a value looks like is
// in option_table.h.
#pragma once

#include <cstdint>

namespace rackcast::dhcp4 {

// Codes our code names; any other byte is a legal value too.
enum class OptionCode : std::uint8_t {
  kPad = 0,
  kSubnetMask = 1,
  kTimeOffset = 2,
  kRouters = 3,
  kTimeServers = 4,
  kDomainNameServers = 6,
  kLogServers = 7,
  kHostName = 12,
  kBootSize = 13,
  kDomainName = 15,
  kRootPath = 17,
  kInterfaceMtu = 26,
  kBroadcastAddress = 28,
  kStaticRoutes = 33,
  kNtpServers = 42,
  kVendorOptions = 43,
  kRequestedAddress = 50,
  kLeaseTime = 51,
  kOverload = 52,
  kMessageType = 53,
  kServerIdentifier = 54,
  kParameterRequestList = 55,
  kMessageText = 56,
  kMaxMessageSize = 57,
  kRenewalTime = 58,
  kRebindingTime = 59,
  kVendorClass = 60,
  kClientIdentifier = 61,
  kTftpServerName = 66,
  kBootFileName = 67,
  kUserClass = 77,
  kRapidCommit = 80,
  kClientFqdn = 81,
  kRelayAgentInfo = 82,
  kClientArch = 93,
  kClientNdi = 94,
  kMachineId = 97,
  kAutoConfig = 116,
  kSubnetSelection = 118,
  kDomainSearch = 119,
  kClasslessRoutes = 121,
  kTftpServerAddress = 150,
  kIpxe = 175,
  kIscsiInitiator = 203,
  kPxelinuxMagic = 208,
  kPxelinuxConfigFile = 209,
  kPxelinuxPathPrefix = 210,
  kPxelinuxRebootTime = 211,
  kMsClasslessRoutes = 249,
  kWpadUrl = 252,
  kEnd = 255,
};

}  // namespace rackcast::dhcp4
