#include <gtest/gtest.h>

#include "tests/core/policy/fixture.h"

namespace rackcast::testing {
namespace {

class EncapsulateTest : public PolicyTest {
 protected:
  std::string encapsulated(std::string_view space, std::size_t room = 255) {
    std::array<std::byte, 600> out;
    return text_of(encapsulate(catalog, *catalog.find_space(space), *outcome, std::span(out).first(room)));
  }
};

TEST_F(EncapsulateTest, OptionsOfASpaceInTheirOrder) {
  apply(R"(option space ipxe; option ipxe-encap-opts code 175 = encapsulate ipxe;
           option ipxe.no-pxedhcp code 176 = unsigned integer 8; option ipxe.keep-san code 8 = integer 8;
           option ipxe.no-pxedhcp 1; option ipxe.keep-san 2; option routers 10.0.0.1;)");
  EXPECT_EQ(encapsulated("ipxe"), octets("\xb0\x01\x01\x08\x01\x02"));
  // What does not fit is left out whole.
  EXPECT_EQ(encapsulated("ipxe", 5), octets("\xb0\x01\x01"));
  EXPECT_EQ(encapsulated("ipxe", 2), "");
}

TEST_F(EncapsulateTest, Widths) {
  apply(R"(option space wide code width 2 length width 2; option wide.a code 258 = text; option wide.a "xy";)");
  EXPECT_EQ(encapsulated("wide"), octets("\x01\x02\x00\x02xy"));
}

TEST_F(EncapsulateTest, ALengthThatItsFieldCannotHold) {
  apply("option space v; option v.a code 1 = string; option v.b code 2 = unsigned integer 8; option v.a \"" +
        std::string(256, 'x') + "\"; option v.b 7;");
  EXPECT_EQ(encapsulated("v", 600), octets("\x02\x01\x07"));
}

TEST_F(EncapsulateTest, ASpaceWithinASpace) {
  apply(R"(option space outer; option space inner;
           option outer.box code 9 = encapsulate inner; option inner.a code 1 = unsigned integer 8;
           option inner.a 5;)");
  EXPECT_EQ(encapsulated("outer"), octets("\x09\x03\x01\x01\x05"));
}

TEST_F(EncapsulateTest, SpacesThatEncapsulateOneAnother) {
  apply(R"(option space a; option space b; option a.x code 1 = encapsulate b; option b.y code 2 = encapsulate a;
           option a.z code 3 = unsigned integer 8; option a.z 1;)");
  EXPECT_LE(encapsulated("a").size(), 255U);  // it ends
}

}  // namespace
}  // namespace rackcast::testing
