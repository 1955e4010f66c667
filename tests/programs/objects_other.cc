// A second file with a constructor of its own.
namespace {

struct Seven {
    Seven() : value(7) {}
    int value;
};

Seven *seven = new Seven();

} // namespace

int other_constructed()
{
    return seven->value;
}
