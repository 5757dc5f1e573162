# The SQL of this room as C, made when the build is configured, and again when a file changes:
#   store/statement_names.h     STORE_STATEMENTS(row): row(NAME, name, set) for each statement
#   store/statement_texts.inc   the text of each, by its enum constant
#   store/schema_texts.inc      number, name and text of each migration
#   store/roles_text.inc        the text of roles.sql
#
# A statement is one file in statements/SET/; its name is the file's. Where its text says {shared_},
# there are two of it: NAME for the tables of persons, SHARED_NAME for their twins of the resources
# that belong to nobody. Where it says {NAME}, the text of statements/NAME.fragment stands; those that
# search.c needs, too, are in store/fragment_texts.inc.

function(store_c_string text result)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  set(${result} "\"${text}\"" PARENT_SCOPE)
endfunction()

function(store_embed source generated)
  file(GLOB statements CONFIGURE_DEPENDS "${source}/statements/*/*.sql")
  file(GLOB fragments CONFIGURE_DEPENDS "${source}/statements/*.fragment")
  foreach(path IN LISTS fragments)
    get_filename_component(name "${path}" NAME_WE)
    file(READ "${path}" fragment_${name})
  endforeach()
  file(GLOB migrations CONFIGURE_DEPENDS "${source}/schema/0*.sql")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${statements} ${fragments} ${migrations} "${source}/schema/roles.sql")

  set(names "#define STORE_STATEMENTS(row)")
  set(texts "")
  foreach(path IN LISTS statements)
    get_filename_component(name "${path}" NAME_WE)
    get_filename_component(set "${path}" DIRECTORY)
    get_filename_component(set "${set}" NAME)
    file(READ "${path}" text)
    foreach(fragment reach said permit permit_shared)
      string(REPLACE "{${fragment}}" "${fragment_${fragment}}" text "${text}")
    endforeach()
    set(prefixes "none")
    if("${text}" MATCHES "{shared_}")
      list(APPEND prefixes "shared_")
    endif()
    foreach(prefix IN LISTS prefixes)
      string(REPLACE "none" "" prefix "${prefix}")
      string(REPLACE "{shared_}" "${prefix}" own "${text}")
      store_c_string("${own}" own)
      string(TOUPPER "${prefix}${name}" constant)
      string(TOUPPER "${set}" upper_set)
      string(APPEND names " \\\n    row(${constant}, \"${prefix}${name}\", STORE_SET_${upper_set})")
      string(APPEND texts "[STORE_SQL_${constant}] = SLICE_INIT(${own}),\n")
    endforeach()
  endforeach()

  set(pieces "")
  foreach(fragment permit permit_shared)
    string(REGEX REPLACE "--[^\n]*\n" "" text "${fragment_${fragment}}")
    store_c_string("${text}" text)
    string(APPEND pieces "static const char ${fragment}_piece[] = ${text};\n")
  endforeach()

  set(schema "")
  foreach(path IN LISTS migrations)
    get_filename_component(name "${path}" NAME_WE)
    string(REGEX MATCH "^[0-9]+" number "${name}")
    math(EXPR number "1${number} - 10000")
    file(READ "${path}" text)
    store_c_string("${text}" text)
    string(APPEND schema "{${number}, SLICE_INIT(\"${name}\"), SLICE_INIT(${text})},\n")
  endforeach()
  file(READ "${source}/schema/roles.sql" roles)
  store_c_string("${roles}" roles)

  file(CONFIGURE OUTPUT "${generated}/store/statement_names.h" CONTENT "${names}\n" @ONLY)
  file(CONFIGURE OUTPUT "${generated}/store/statement_texts.inc" CONTENT "${texts}" @ONLY)
  file(CONFIGURE OUTPUT "${generated}/store/fragment_texts.inc" CONTENT "${pieces}" @ONLY)
  file(CONFIGURE OUTPUT "${generated}/store/schema_texts.inc" CONTENT "${schema}" @ONLY)
  file(CONFIGURE OUTPUT "${generated}/store/roles_text.inc" 
    CONTENT "static const struct slice roles_sql = SLICE_INIT(${roles});\n" @ONLY)
endfunction()
