#include "proto/ftp/argument.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/proto/ftp/written.h"

namespace rackcast::ftp {
namespace {

net::Endpoint v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint16_t port) {
  return {.address = net::Ipv4Address(a, b, c, d), .port = net::UdpPort(port)};
}

TEST(FtpPort, SixNumbersAreAnEndpoint) {
  EXPECT_EQ(parse_port("192,168,1,10,195,80"), v4(192, 168, 1, 10, 50'000));
  EXPECT_EQ(parse_port("0,0,0,0,0,1"), v4(0, 0, 0, 0, 1));
  EXPECT_EQ(parse_port("255,255,255,255,255,255"), v4(255, 255, 255, 255, 65'535));
  EXPECT_EQ(parse_port("010,001,002,003,004,005"), v4(10, 1, 2, 3, 1'029));
}

TEST(FtpPort, AnythingElseIsRefused) {
  for (const char* argument :
       {"", ",", "1,2,3,4,5", "1,2,3,4,5,", "1,2,3,4,5,6,7", ",1,2,3,4,5", "1,2,,4,5,6", "256,2,3,4,5,6",
        "1,2,3,4,5,256", "1,2,3,4,0,0", "-1,2,3,4,5,6", "1, 2,3,4,5,6", "1,2,3,4,5,6 ", " 1,2,3,4,5,6",
        "0001,2,3,4,5,6", "1.2.3.4,5,6", "a,2,3,4,5,6", "+1,2,3,4,5,6", "1,2,3,4,5,6\r"})
    EXPECT_FALSE(parse_port(argument)) << argument;
}

TEST(FtpPort, OnlyAnIpv4EndpointIsWritten) {
  EXPECT_EQ(written([](auto& out) { put_port(out, v4(10, 0, 0, 1, 513)); }), "10,0,0,1,2,1");
  EXPECT_EQ(written([](auto& out) { put_port(out, {.address = net::Ipv6Address{}, .port = net::UdpPort(1)}); }),
            "(failed)");
}

TEST(FtpPort, EveryPrefixIsRefused) {
  const std::string whole = "10,98,7,64,195,8";
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parse_port(whole.substr(0, size))) << size;
  EXPECT_TRUE(parse_port(whole));
}

TEST(FtpEprt, ExamplesOfRfc2428AreRead) {
  EXPECT_EQ(parse_eprt("|1|132.235.1.2|6275|"), v4(132, 235, 1, 2, 6'275));
  const auto v6 = parse_eprt("|2|1080::8:800:200C:417A|5282|");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->address, net::IpAddress(*net::Ipv6Address::parse("1080::8:800:200c:417a")));
  EXPECT_EQ(v6->port, net::UdpPort(5'282));
  EXPECT_EQ(parse_eprt("!1!10.0.0.1!80!"), v4(10, 0, 0, 1, 80));
}

TEST(FtpEprt, MalformedAndUnknownProtocolAreToldApart) {
  for (const char* argument :
       {"", "|", "||||", "|1|10.0.0.1|80", "|1|10.0.0.1|80||", "|1|10.0.0.1|80|x", "|1|10.0.0.1|0|",
        "|1|10.0.0.1|65536|", "|1|10.0.0|80|", "|1|::1|80|", "|2|10.0.0.1|80|", "|1||80|", "|1|10.0.0.1||",
        "| 1|10.0.0.1|80|", "|x|10.0.0.1|80|", "1|10.0.0.1|80|", " 1 10.0.0.1 80 ",
        "\x7F"
        "1\x7F"
        "10.0.0.1\x7F"
        "80\x7F"}) {
    const auto parsed = parse_eprt(argument);
    ASSERT_FALSE(parsed) << argument;
    EXPECT_EQ(parsed.error(), EprtReject::kMalformed) << argument;
  }
  for (const char* argument : {"|0|10.0.0.1|80|", "|3|10.0.0.1|80|", "|12|whatever|port|"}) {
    const auto parsed = parse_eprt(argument);
    ASSERT_FALSE(parsed) << argument;
    EXPECT_EQ(parsed.error(), EprtReject::kUnknownProtocol) << argument;
  }
}

TEST(FtpEprt, EveryPrefixIsMalformed) {
  const std::string whole = "|1|132.235.1.2|6275|";
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parse_eprt(whole.substr(0, size))) << size;
}

TEST(FtpArgumentRoundTrip, EndpointsReadBackAsWritten) {
  constexpr std::uint32_t kSeed = 2428;
  std::mt19937 random(kSeed);
  for (int round = 0; round < 5'000; ++round) {
    const net::UdpPort port(static_cast<std::uint16_t>(1 + random() % 65'535));
    const net::Endpoint four{.address = net::Ipv4Address(static_cast<std::uint32_t>(random())), .port = port};
    net::Ipv6Address address;
    for (auto& octet : address.octets) octet = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : 0);
    const net::Endpoint six{.address = address, .port = port};
    ASSERT_EQ(parse_port(written([&](auto& out) { put_port(out, four); })), four)
        << "seed " << kSeed << " round " << round;
    ASSERT_EQ(parse_eprt(written([&](auto& out) { put_eprt(out, four); })), four);
    ASSERT_EQ(parse_eprt(written([&](auto& out) { put_eprt(out, six); })), six);
  }
}

TEST(FtpEpsv, ArgumentsAreTold) {
  EXPECT_EQ(parse_epsv(""), EpsvArgument::kNone);
  EXPECT_EQ(parse_epsv("1"), EpsvArgument::kIpv4);
  EXPECT_EQ(parse_epsv("2"), EpsvArgument::kIpv6);
  EXPECT_EQ(parse_epsv("all"), EpsvArgument::kAll);
  for (const char* argument : {"3", "ALLX", " 1", "x"}) EXPECT_EQ(parse_epsv(argument), EpsvArgument::kUnknownProtocol);
}

TEST(FtpType, AsciiAndImageInTheirSpellings) {
  for (const char* argument : {"A", "a", "A N", "a n"}) EXPECT_EQ(parse_type(argument), TransferType::kAscii);
  for (const char* argument : {"I", "i", "L8", "l 8"}) EXPECT_EQ(parse_type(argument), TransferType::kImage);
  for (const char* argument : {"", "E", "A T", "A C", "L", "L7", "L 16", "II", "I "})
    EXPECT_FALSE(parse_type(argument));
}

TEST(FtpType, OnlyStreamModeAndFileStructureExist) {
  EXPECT_TRUE(is_stream_mode("s"));
  EXPECT_TRUE(is_file_structure("F"));
  for (const char* argument : {"", "B", "C", "SS"}) EXPECT_FALSE(is_stream_mode(argument));
  for (const char* argument : {"", "R", "P"}) EXPECT_FALSE(is_file_structure(argument));
}

TEST(FtpRest, OffsetIsAllOf64Bits) {
  EXPECT_EQ(parse_restart_offset("0"), 0U);
  EXPECT_EQ(parse_restart_offset("18446744073709551615"), 18'446'744'073'709'551'615U);
  for (const char* argument : {"", "-1", "18446744073709551616", "1 ", "0x1"})
    EXPECT_FALSE(parse_restart_offset(argument));
}

TEST(FtpList, FlagsAndPathAreTold) {
  struct Case {
    std::string argument;
    ListArgument expected;
  };
  const Case cases[] = {
      {"", {}},
      {"pub", {.path = "pub"}},
      {"two words", {.path = "two words"}},
      {"-la", {.all = true}},
      {"-la pub/*.img", {.all = true, .path = "pub/*.img"}},
      {"-l -A  pub", {.all = true, .path = "pub"}},
      {"-R", {.recursive = true}},
      {"-tr1", {.by_time = true, .reversed = true, .names_only = true}},
      {"-zQ x", {.path = "x"}},
      {"-- -dash", {.path = "-dash"}},
      {"-", {}},
      {"--", {}},
      {"-a ", {.all = true}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.argument);
    const ListArgument parsed = parse_list_argument(c.argument);
    EXPECT_EQ(parsed.all, c.expected.all);
    EXPECT_EQ(parsed.recursive, c.expected.recursive);
    EXPECT_EQ(parsed.by_time, c.expected.by_time);
    EXPECT_EQ(parsed.reversed, c.expected.reversed);
    EXPECT_EQ(parsed.names_only, c.expected.names_only);
    EXPECT_EQ(parsed.path, c.expected.path);
  }
}

}  // namespace
}  // namespace rackcast::ftp
