/* main: the program's way in; everything is in command.c. */
#include "cli/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
